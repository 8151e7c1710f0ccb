"""Checksums of a model's files: one for each, or one over all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.model_cache import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

_SHA256 = re.compile(r"(sha256:)?([0-9a-fA-F]{64})")

Sha256 = str | dict[str, str]


def normalised(sha256: object) -> Sha256 | None:
    """Check what a user gave as checksum; give lower-case digits alone.

    Raises
    ------
    DownloadRefused
        If it is not 64 hexadecimal digits, or a dictionary of such.
    TypeError
        If it is neither a text nor a dictionary, or one in which a name or checksum is no text.
    """
    if sha256 is None:
        return None
    if isinstance(sha256, str):
        match = _SHA256.fullmatch(sha256.strip())
        if match is None:
            raise DownloadRefused(f"sha256: expected 64 hexadecimal digits, got {sha256!r:.80}")
        return match[2].lower()
    if not isinstance(sha256, Mapping) or not all(
        isinstance(text, str) for pair in sha256.items() for text in pair
    ):
        raise TypeError(
            f"sha256: expected 64 hexadecimal digits, or such for each file by name, got "
            f"{sha256!r:.80}"
        )
    if not sha256:
        raise DownloadRefused("sha256: expected a checksum for each file, got none")
    return {name.removeprefix("./"): str(normalised(digits)) for name, digits in sha256.items()}


def check_sha256(sha256: Sha256 | None, paths: Mapping[str, Path], what: str) -> None:
    """Compare a model's files with what was expected of them.

    Parameters
    ----------
    sha256 : str, dict of str to str, or None
        One checksum for each file by name, or one over all of them, one after the other.
    paths : mapping of str to Path
        The files in their order: that which was named, then those that it names.
    what : str
        What messages call the model.

    Raises
    ------
    DownloadRefused
        If a file is another, or has no checksum in the dictionary; or if that has one for no file.
    """
    if isinstance(sha256, str):
        got = joint_sha256([*paths.values()])
        if got != sha256:
            several = f" over {len(paths)} files" if len(paths) > 1 else ""
            raise DownloadRefused(f"{what}: expected the checksum {sha256}{several}, got {got}")
    elif sha256 is not None:
        for name, path in paths.items():
            if name not in sha256:
                raise DownloadRefused(f"{what}: expected a checksum for {name!r}, got none")
            if (got := file_sha256(path)) != sha256[name]:
                raise DownloadRefused(f"{name}: expected the checksum {sha256[name]}, got {got}")
        if unused := sorted(set(sha256) - set(paths)):
            raise DownloadRefused(
                f"{what}: expected checksums for {', '.join(paths)!s:.200}, got one for "
                f"{unused[0]!r:.100}"
            )


def joint_sha256(paths: list[Path]) -> str:
    """Give the checksum of several files as if they were one."""
    result = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(2**20):
                result.update(chunk)
    return result.hexdigest()
