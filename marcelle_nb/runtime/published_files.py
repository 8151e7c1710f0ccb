"""Models that kernels show to web pages: written by a kernel, found again by the server."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from marcelle_nb.runtime.held_place import KERNEL, kernel_place, known_kernel_place, places
from marcelle_nb.runtime.opened_file import open_file
from marcelle_nb.runtime.runtime_folder import MODE, runtime_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAIN = "model.json"

CONTENT_TYPES = {
    ".json": "application/json",
    ".bin": "application/octet-stream",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
"""What is published, by how its name ends; a server gives nothing else away."""

_MODELS = "models"
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")


def published_folder(name: str) -> str:
    """Give the name of a model's folder, which says nothing that a system could stumble over."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def publish_files(name: str, files: Mapping[str, bytes]) -> Path:
    """Put a model's files where the server finds them, in the place of an earlier one's.

    Parameters
    ----------
    name : str
        Of the model; any text.
    files : mapping of str to bytes
        With plain names. Those that `MAIN` names are to have other names wherever they have other
        contents: a page that has read the earlier `MAIN` goes on with the files that this names,
        which stay until there is a model more. Those that are there as they are to be stay
        untouched: pages need not fetch them again.

    Raises
    ------
    OSError
        If they cannot be written; the earlier model stays.

    Notes
    -----
    Thread: one at a time for a name.
    """
    folder = kernel_place() / _MODELS / published_folder(name)
    folder.parent.mkdir(MODE, exist_ok=True)
    folder.mkdir(MODE, exist_ok=True)
    before = {path.name for path in folder.iterdir()}
    known = folder / ".before"
    going = before - set(files) - {known.name}
    kept = set(known.read_text("utf-8").split("\n")) if known.exists() else before
    for file in sorted(files, key=MAIN.__eq__):  # which names the others, so it comes last
        # its date says which kernel's model is the newest
        if file == MAIN or not _is_there(folder, file, files[file]):
            write_private(folder / file, files[file])
    write_private(known, "\n".join(sorted(files)).encode())
    for file in going - kept:
        with suppress(PermissionError):  # Windows removes none that a server sends; the next does
            (folder / file).unlink(missing_ok=True)
    return folder


def _is_there(folder: Path, file: str, data: bytes) -> bool:
    place = folder.parent.parent
    opened = open_file(place.parent, (place.name, _MODELS, folder.name), file)
    if opened is None:
        return False
    with os.fdopen(opened, "rb") as there:
        return os.fstat(opened).st_size == len(data) and there.read() == data


def withdraw_files(name: str) -> None:
    """Take a model of this kernel's away, if it is there."""
    place = known_kernel_place()
    if place is None:
        return
    folder = place / _MODELS / published_folder(name)
    (folder / MAIN).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def open_published(name: str, file: str) -> int | None:
    """Open a file of a model that a living kernel of this user shows; of several, the newest.

    Parameters
    ----------
    name : str
        Of the model, as a request has it: no path is made of it.
    file : str
        Of the file, as a request has it: it is a plain name, or nothing is opened.

    Returns
    -------
    int or None
        The descriptor, or None where nobody shows such a file.
    """
    if not _FILE_NAME.fullmatch(file) or content_type(file) is None:
        return None
    root = runtime_folder()
    for folders in _newest_first(root, published_folder(name)):
        opened = open_file(root, folders, file)
        if opened is not None:
            return opened
    return None


def content_type(file: str) -> str | None:
    """Say what a file of this name is; None where it is nothing that is published."""
    return CONTENT_TYPES.get(file[file.rfind(".") :])


def _newest_first(root: Path, folder: str) -> Iterator[tuple[str, ...]]:
    found = []
    for place in places(root, KERNEL):
        main = place / _MODELS / folder / MAIN
        try:
            found.append((main.lstat().st_mtime_ns, (place.name, _MODELS, folder)))
        except OSError:  # this kernel has none of the name
            continue
    for _, folders in sorted(found, reverse=True):
        yield folders
