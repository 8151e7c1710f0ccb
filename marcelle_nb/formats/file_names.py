"""The names of files in an archive, an upload or a manifest: untrusted text that becomes a path."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from marcelle_nb.errors import ModelFormatError

_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

MAX_LENGTH = 255
"""Bytes of UTF-8, which is what most file systems take for one name."""


def safe_name(name: str) -> str:
    """Normalise a relative name, with `/` between folders.

    Parameters
    ----------
    name : str
        As it was found; with `/` or, from Windows, with backslashes.

    Raises
    ------
    ModelFormatError
        If it is absolute or leaves its folder, or means something else than a file to a system
        that may be asked to write it, as `aux.bin` or `C:model.json` do to Windows.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in path.parts if part != "."]
    if path.is_absolute() or not parts or not all(map(_is_plain, parts)):
        raise ModelFormatError(
            f"file name: expected one inside the model's folder, got {name!r:.100}"
        )
    return "/".join(parts)


def is_clutter(name: str) -> bool:
    """Tell what systems and editors leave among the files that somebody meant."""
    parts = name.split("/")
    return parts[0] == "__MACOSX" or any(
        part.startswith(".") or part.lower() in {"thumbs.db", "desktop.ini"} for part in parts
    )


def _is_plain(part: str) -> bool:
    return not (
        part == ".."
        or ":" in part
        or part.endswith((" ", "."))
        or len(part.encode("utf-8", "surrogatepass")) > MAX_LENGTH
        or _DEVICE.match(part)
        or _UNPRINTABLE.search(part)
    )
