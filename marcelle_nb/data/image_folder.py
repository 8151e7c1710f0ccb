"""Folders of pictures, one folder for each label, as an iterable of instances."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.instance import checked
from marcelle_nb.data.lazy_iterable import LazyIterable
from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import MAX_BYTES, decode, shrink, thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")


class ImageFolder(LazyIterable[dict[str, Any]]):
    """The pictures in the folders of a folder, as instances: the name of each folder is a label.

    Parameters
    ----------
    path : str or path
        A folder. In it, each folder holds the pictures of one label, in folders of its own too;
        hidden ones are left out. Order: labels and files by name.
    process : function, optional
        What makes `x` of a picture, as `image_features().process`; without, the picture itself is
        `x`, its longest side at most 2,048 pixels.

    Attributes
    ----------
    broken : dict
        What the last reading left out, as `label/name`, with the reason: files that could not be
        read or that `process` refused, folders that could not be opened, links to folders, pictures
        that are in no folder, and files that are no pictures by their names. Hidden ones are not
        in it, nor what lies beside the folders and is no picture.

    Raises
    ------
    NotADirectoryError
        If the path is no folder.

    Notes
    -----
    Pictures are turned upright by their EXIF orientation. What is no text in the name of a file or
    of a folder becomes U+FFFD. A `ValueError` of `process` is the picture's, other errors are
    raised. Thread: one reading at a time.
    """

    def __init__(
        self, path: str | os.PathLike[str], process: Callable[[Any], Any] | None = None
    ) -> None:
        self._path = Path(path).expanduser()
        if not self._path.is_dir():
            raise NotADirectoryError(f"path: expected a folder of folders, got {str(path)!r:.200}")
        self._process = shrink if process is None else process
        self.broken: dict[str, str] = {}
        super().__init__(self._instances)

    def _instances(self) -> Iterator[dict[str, Any]]:
        self.broken = {}
        for folder in _sorted(self._path):
            for file in self._files(folder):
                try:
                    instance = self._instance(file, folder)
                except (ValueError, OSError) as error:  # of the file, of `process`, or of its x
                    self._leave_out(file, str(error))
                else:
                    yield instance

    def _leave_out(self, file: Path, reason: str) -> None:
        name = self._shown(file)
        number = 1
        while name in self.broken:  # names that are no text may be shown alike
            number += 1
            name = f"{self._shown(file)} ({number})"
        self.broken[name] = reason

    def _instance(self, file: Path, folder: Path) -> dict[str, Any]:
        image = decode(_content(file))
        return checked(
            {
                "x": self._process(image),
                "y": shown_name(folder.name),
                "thumbnail": thumbnail(image),
                "file": self._shown(file),
            }
        )

    def _files(self, folder: Path) -> Iterator[Path]:
        """Give the pictures in a folder and in the folders in it, by name."""
        waiting = [folder]
        while waiting:
            entry = waiting.pop()
            try:
                # a link may lead back up
                if entry.is_dir() and (entry == folder or not entry.is_symlink()):
                    waiting += reversed(_sorted(entry))
                    continue
                reason = _reason(entry, folder)
            except OSError as error:  # no permission
                reason = str(error)
            else:
                if entry == folder and not _is_picture(entry):
                    continue  # what else somebody keeps beside the folders
            if reason:
                self._leave_out(entry, reason)
            else:
                yield entry

    def _shown(self, file: Path) -> str:
        return shown_name(file.relative_to(self._path).as_posix())


def shown_name(name: str) -> str:
    """Give the name of a file as text: what is none in it, as bytes of Latin-1, becomes U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def _reason(entry: Path, folder: Path) -> str:
    """Say why something is left out that is no folder of ours; "" where it is not."""
    if entry.is_dir():
        return "folder: expected no link to one within a label, got one"
    if entry == folder:
        return "label: expected the picture in a folder, got none"
    if entry.suffix.lower() not in SUFFIXES:
        return f"name: expected one that ends in {' '.join(SUFFIXES)}, got {entry.suffix!a:.20}"
    return ""


def _is_picture(file: Path) -> bool:
    """Say whether a file is a picture by its name, also of a kind that is not read."""
    kind, _ = mimetypes.guess_type(file.name)
    return file.suffix.lower() in SUFFIXES or (kind or "").startswith("image/")


def _sorted(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _content(file: Path) -> bytes:
    if not file.is_file():  # a pipe would be waited for
        raise ImageRejected("image: expected a file, got something else")
    if file.stat().st_size > MAX_BYTES:
        raise ImageRejected(
            f"image: expected at most {MAX_BYTES:,} bytes, got {file.stat().st_size:,}"
        )
    return file.read_bytes()
