"""The files in a folder on disk, and links that leave it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.formats.file_names import is_clutter

if TYPE_CHECKING:
    from collections.abc import Iterator


def listed(folder: Path, limit: int) -> dict[str, Path]:
    """Give the files in a folder and those below, by relative name.

    Links that leave the folder are left out, and so is what systems and editors leave behind, and
    what cannot be looked at. The listing ends after one file more than `limit`, however many there
    are.
    """
    found: dict[str, Path] = {}
    for path in walked(folder):
        name = path.relative_to(folder).as_posix()
        if not is_clutter(name) and is_file(path) and is_within(path, folder):
            found[name] = path
        if len(found) > limit:
            break
    return found


def walked(folder: Path) -> Iterator[Path]:
    """Yield the files and links in a folder and those below; linked folders are not entered."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]  # noqa: PTH114, PTH118 - never an error
        yield from (Path(place, name) for name in names + links)


def is_within(path: Path, folder: Path) -> bool:
    """Tell whether a path, its links followed, lies in a folder; not where nobody can look."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links that lead in a circle
        return False


def is_file(path: Path) -> bool:
    """Tell whether there is a file, as `Path.is_file` does; not where nobody can look."""
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that is closed
        return False
