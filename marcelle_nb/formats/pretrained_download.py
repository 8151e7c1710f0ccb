"""The files of one pretrained model on their way into the cache."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.detect import START, is_json
from marcelle_nb.formats.named_files import address_beside, main_name, named_bytes, named_files
from marcelle_nb.formats.partial_file import PartialFile
from marcelle_nb.formats.resumed_download import download_resumed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.formats.pretrained_files import PretrainedFiles

_UNFINISHED = "unfinished"
_KEPT_S = 7 * 86_400.0
"""Seconds after which a part of a file is not waited for any more."""


class PretrainedDownload:
    """Fetches the main file and those that it names; what has come of them lies in the cache.

    Parameters
    ----------
    wanted : PretrainedFiles
    expected : mapping of str to str
        The checksums that files must have, by name: what the cache has of them is not fetched.
    progress : callable or None
        Called with the bytes of all files that are there, and those of the whole: 0 until the main
        file and its size are known.

    Attributes
    ----------
    error_of_progress : OSError or None
        What `progress` has raised: the caller's own, and no fault of the cache.
    """

    def __init__(
        self,
        wanted: PretrainedFiles,
        expected: Mapping[str, str],
        progress: Callable[[int, int], object] | None,
    ) -> None:
        self._wanted = wanted
        self._expected = expected
        self._progress = progress
        self._folder = wanted.cache.folder / _UNFINISHED
        self._main = main_name(wanted.url)
        self._whole: list[PartialFile] = []
        self._own: Path | None = None
        self.error_of_progress: OSError | None = None
        self._looked: tuple[int, tuple[list[str], int] | None] = (0, None)

    def files(self, *, is_shared: bool) -> dict[str, Path]:
        """Give the files, the main one first.

        Parameters
        ----------
        is_shared : bool
            Whether a lock is held. Without one, what has come before is not gone on with, and of
            what breaks off nothing is kept: somebody else may be writing it.

        Raises
        ------
        DownloadRefused
            If they cannot be fetched; what has come is kept, where a lock is held.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        if not is_shared:
            self._folder = self._own = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            found = {self._main: self._one(self._main)}
            names = self._shards(found[self._main])
            self._check_sum(found[self._main])
            for name in names:
                found[name] = self._one(name)
        except BaseException:
            self._remove_own()
            raise
        self._tell(self._n_whole, self._n_whole)
        return found

    def watch(self) -> None:
        """Tell how far it is, in this process or in that which holds the lock."""
        main = self._come(self._main)
        inside = self._inside(main)
        done, total = main.size, main.total or 0
        if inside is not None:
            names, more = inside
            total = done + more
            done += sum(self._come(name).size for name in names)
        elif _is_json(main.path, self._main):  # what it names comes after it
            total = 0
        self._tell(done, max(total, done) if total else 0)

    def forget(self) -> None:
        """Remove what is left of the files that came whole."""
        for partial in self._whole:
            partial.remove()
        self._remove_own()

    def _remove_own(self) -> None:
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)

    def _shards(self, main: Path) -> list[str]:
        try:
            return named_files(main, self._main)[0]
        except ModelFormatError:
            self.forget()
            raise

    def _check_sum(self, main: Path) -> None:
        """Compare what all files together will have with the limit, before they are fetched."""
        total = self._n_whole + named_bytes(main, self._main)
        if total > self._wanted.max_bytes:
            self.forget()
            raise DownloadRefused(
                f"{self._wanted.name}: expected at most {self._wanted.max_bytes:,} bytes, got "
                f"{total:,}: {self._n_whole:,} of {self._main} and the weights that it names"
            )

    def _one(self, name: str) -> Path:
        cache, known = self._wanted.cache, self._expected.get(name)
        kept = cache.find(known, name) if known is not None else None
        copied, partial = self._copy(name), self._partial(name)
        if kept is not None:  # another of the files was lost
            shutil.copyfile(kept, copied.path)
            partial = copied
        else:
            copied.remove()
            download_resumed(
                self._address(name),
                partial,
                limit=self._wanted.max_bytes - self._n_whole,
                before=self._n_whole,
                plain=self._wanted.sha256 is not None,
                progress=lambda *_: self.watch(),
            )
        self._whole.append(partial)
        self.watch()
        return partial.path

    @property
    def _n_whole(self) -> int:
        return sum(partial.size for partial in self._whole)

    def _inside(self, main: PartialFile) -> tuple[list[str], int] | None:
        """Give the files that the main one names, and their bytes; None where it is not whole."""
        size, total = main.size, main.total
        is_whole = size == total if total is not None else _is_json(main.path, self._main)
        if not size or not is_whole:
            return None
        if self._looked[0] != size:
            self._looked = size, None
            with suppress(ModelFormatError, OSError):  # half of it, or gone meanwhile
                names, _ = named_files(main.path, self._main)
                self._looked = size, (names, named_bytes(main.path, self._main))
        return self._looked[1]

    def _tell(self, done: int, total: int) -> None:
        if self._progress is None:
            return
        try:
            self._progress(done, total)
        except OSError as error:
            self.error_of_progress = error
            raise

    def _come(self, name: str) -> PartialFile:
        """Give what is there of a file: a copy of what the cache has, or what has come."""
        copied = self._copy(name)
        return copied if copied.path.exists() else self._partial(name)

    def _partial(self, name: str) -> PartialFile:
        place = hashlib.sha256(f"{self._address(name)} {self._wanted.sha256}".encode()).hexdigest()
        return PartialFile(self._folder / f"{place}.part")

    def _address(self, name: str) -> str:
        return self._wanted.url if name == self._main else address_beside(self._wanted.url, name)

    def _copy(self, name: str) -> PartialFile:
        return self._partial(f"{name} kept")

    def _sweep(self) -> None:
        """Remove what nobody has gone on with, and what is no file where one belongs."""
        for left in self._folder.iterdir():
            try:
                about = left.lstat()
            except OSError:  # another process was quicker
                continue
            is_old = time.time() - about.st_mtime > _KEPT_S
            is_file, is_folder = stat.S_ISREG(about.st_mode), stat.S_ISDIR(about.st_mode)
            is_strange = not is_file and left.suffix in (".part", ".json")
            if is_folder and (is_old or is_strange):
                shutil.rmtree(left, ignore_errors=True)
            elif is_old or is_strange:
                left.unlink(missing_ok=True)


def _is_json(path: Path, name: str) -> bool:
    try:
        if not path.is_file():  # a pipe would be waited for without an end
            return False
        with path.open("rb") as file:
            return is_json(file.read(START), name)
    except OSError:  # nothing has come
        return False
