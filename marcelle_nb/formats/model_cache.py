"""Downloaded files on disk, under the checksum of what is in them; several kernels share them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.unusable_cache import UnusableCache

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAY = 86_400.0

logger = logging.getLogger("marcelle_nb")


class ModelCache:
    """A folder of downloaded files.

    A file never changes once it is there: it has a folder named after its checksum, which is
    compared when the file is used again. Files come into view whole, by being renamed; so it does
    not matter who else writes. Deleting the folder, or anything in it, costs a download.

    Parameters
    ----------
    folder : Path, optional
        By default that which the environment variable `MARCELLE_NB_CACHE` names when this is made,
        else the user's folder for such things.

    Notes
    -----
    Thread: any. Process: any.
    """

    def __init__(self, folder: Path | None = None) -> None:
        named = os.environ.get("MARCELLE_NB_CACHE") if folder is None else str(folder)
        # a relative one belongs to where Python is now
        self._named = named if not named or named.startswith("~") else str(Path(named).absolute())

    @cached_property
    def folder(self) -> Path:
        """The folder, which need not be there.

        Raises
        ------
        DownloadRefused
            If it is that of a user whom the system does not know.
        """
        folder = Path(self._named) if self._named else _user_folder()
        try:
            return folder.expanduser().absolute()
        except RuntimeError as error:  # a `~name` of nobody
            raise self.unusable(folder, error) from error

    @classmethod
    def of_user(cls) -> Self:
        """Give the user's own cache, whatever the environment names."""
        return cls(_user_folder())

    def find(self, sha256: object, name: str) -> Path | None:
        """Give the file with a checksum, unless it is not there, was changed or cannot be read.

        What is no checksum is that of no file: a note may hold anything.
        """
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            return None
        path = self._place(sha256, name)
        with suppress(OSError):
            if path.is_file() and file_sha256(path) == sha256:
                return path
        return None

    def add(self, path: Path, name: str) -> tuple[str, Path]:
        """Move a file into the cache; give its checksum and where it is now.

        Raises
        ------
        DownloadRefused
            If it cannot be put there.
        """
        sha256 = file_sha256(path)
        found = self.find(sha256, name)
        if found is not None:
            return sha256, found
        place = self._place(sha256, name)
        try:
            _make_room(place)
            path.replace(place)
        except OSError as error:
            # on Windows, where another process is reading what it put there
            if self.find(sha256, name) is None:
                raise self.unusable(place, error) from error
        return sha256, place

    def remembered(self, key: str) -> dict[str, Any] | None:
        """Give what was remembered under a key, of whatever kind its values are."""
        path = self.note(key)
        try:
            # what is no plain file may be waited for without an end
            value = json.loads(path.read_bytes()) if path.is_file() else None
        except (OSError, ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def remember(self, key: str, value: Mapping[str, Any]) -> None:
        """Remember a small document under a key, instead of what was remembered before.

        Where that cannot be written nothing is remembered, which is logged as a warning; no file is
        lost by it.
        """
        path = self.note(key)
        try:
            with self.workspace() as folder:
                _make_room(path)
                (folder / path.name).write_text(json.dumps(value), encoding="utf-8")
                (folder / path.name).replace(path)
        except (OSError, DownloadRefused) as error:
            logger.warning(
                "cache: what was fetched cannot be remembered in %r, so it is not compared the "
                "next time (%s)",
                str(path),
                error,
            )

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Give an empty folder on the same disk, which is removed afterwards."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="partial-", dir=self.folder))
        except OSError as error:
            raise self.unusable(self.folder, error) from error
        try:
            self._sweep()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def unusable(path: Path, error: Exception) -> UnusableCache:
        """Give the error that says that something in a cache cannot be written."""
        made = UnusableCache(
            f"cache: expected a folder that can be written, got {str(path)!r} ({error}); the "
            "environment variable MARCELLE_NB_CACHE may name another"
        )
        made.__cause__ = error
        return made

    def _sweep(self) -> None:
        """Remove what killed processes left behind."""
        for left in self.folder.glob("partial-*"):
            try:
                old = time.time() - left.stat().st_mtime > _DAY
            except OSError:  # another process was quicker
                continue
            if old:
                shutil.rmtree(left, ignore_errors=True)

    def _place(self, sha256: str, name: str) -> Path:
        return self.folder / "files" / sha256 / name.rpartition("/")[2]

    def note(self, key: str) -> Path:
        """Give where it lies what is remembered under a key, or would."""
        return self.folder / "notes" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"


def _make_room(place: Path) -> None:
    """Make the folder of a file, and remove what lies in the file's place and is none."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)


def _user_folder() -> Path:
    import pooch

    return Path(pooch.os_cache("marcelle-nb"))


def file_sha256(path: Path) -> str:
    """Give a file's checksum as 64 hexadecimal digits."""
    import pooch

    return str(pooch.file_hash(str(path), alg="sha256"))
