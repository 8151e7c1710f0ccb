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

    Links that leave the folder are left out, and so is what systems and editors leave behind.
    The listing ends after one file more than `limit`, however many there are.
    """
    found: dict[str, Path] = {}
    for path in walked(folder):
        name = path.relative_to(folder).as_posix()
        if not is_clutter(name) and path.is_file() and is_within(path, folder):
            found[name] = path
        if len(found) > limit:
            break
    return found


def walked(folder: Path) -> Iterator[Path]:
    """Yield the files and links in a folder and those below; linked folders are not entered."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name) for name in names + links)


def is_within(path: Path, folder: Path) -> bool:
    """Tell whether a path, its links followed, lies in a folder."""
    return path.resolve().is_relative_to(folder.resolve())
