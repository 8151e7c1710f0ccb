"""The weights of a pretrained model: fetched once, checked, and the same ever after."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.addresses import is_address
from marcelle_nb.formats.checksums import check_sha256, normalised
from marcelle_nb.formats.file_lock import locked
from marcelle_nb.formats.model_cache import ModelCache, file_sha256
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.pretrained_download import PretrainedDownload
from marcelle_nb.formats.pretrained_record import PretrainedRecord
from marcelle_nb.formats.unusable_cache import UnusableCache
from marcelle_nb.formats.weights_advice import with_advice
from marcelle_nb.formats.weights_on_disk import another_file, files_on_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class PretrainedFiles:
    """Where the weights of a pretrained model come from, and how they are known to be right.

    Nobody publishes checksums of these files, and the network of a school may answer with a page of
    its own. So a first download is taken only over https, within a size, and where all tensors fit
    the architecture. Its checksum is remembered then, and what is used later has the same one.

    Attributes
    ----------
    name : str
        What the model is called in the cache and in messages.
    url : str
        The address or path of the main file; what a `model.json` names lies beside it.
    max_bytes : int
        What all files together may have.
    copy_max_bytes : int
        What those of a copy may have that the user names, where that is more.
    check : callable
        Takes `ModelFiles`, and raises `ModelFormatError` where they are not of the architecture.
    sha256 : str or mapping of str to str, optional
        The checksum of the file, or of each by name; of a TensorFlow.js model, one over
        `model.json` and its shards is taken too. With it http is allowed.
    is_own_address : bool
        Whether the address is that of somebody's own model, which is remembered by its address.
    command : str
        What `marcelle-nb fetch` calls the model.
    cache : ModelCache, optional
        By default the user's, as the environment names it when this is made.

    Raises
    ------
    DownloadRefused, TypeError, ValueError
        If the checksum or the address is none.

    Notes
    -----
    Thread: any. Process: any; two that fetch the same model fetch it once.
    """

    name: str
    url: str
    max_bytes: int
    check: Callable[[ModelFiles], object]
    sha256: str | Mapping[str, str] | None = None
    is_own_address: bool = False
    command: str = ""
    cache: ModelCache = field(default_factory=ModelCache)
    copy_max_bytes: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.url, str):
            raise TypeError(f"url: expected a text or a path of text, got {self.url!r:.80}")
        if not self.url:
            raise ValueError("url: expected an address or a path, got ''")
        normalised(self.sha256)

    def get(self, progress: Callable[[int, int], object] | None = None) -> ModelFiles:
        """Give the files; fetch them where the cache has none.

        Where the cache is for reading alone, the user's own one takes what is fetched.

        Parameters
        ----------
        progress : callable, optional
            Called in this thread while something is fetched, here or in a process that is waited
            for, with the bytes that are there and those of the whole, 0 where nobody knows yet.
            What it raises ends the download; what has come is kept, but on a disk without locks.

        Raises
        ------
        DownloadRefused
            If they are neither in the cache nor can be fetched (`HostUnreachable` where nobody
            answers), or are not what they should be.
        FileNotFoundError
            If there is nothing at a path.
        TypeError
            If the checksum is none.
        """
        if not is_address(self.url):
            return files_on_disk(self)
        found = self.find()
        if found is not None:
            return found
        try:
            return self._fetched(progress, self)
        except UnusableCache as error:
            own = self.with_cache(ModelCache.of_user())
            if not error.is_denied:
                raise
            if own.cache.folder == self.cache.folder:
                raise UnusableCache(with_advice(str(error), self)) from error
        files = own._found() or self._fetched_into(own, progress)
        self._record.compare({name: files.path(name) for name in files.names})
        return files

    def _fetched_into(
        self, own: PretrainedFiles, progress: Callable[[int, int], object] | None
    ) -> ModelFiles:
        try:
            return own._fetched(progress, self)
        except UnusableCache as error:
            raise UnusableCache(with_advice(str(error), self)) from error

    def _fetched(
        self, progress: Callable[[int, int], object] | None, asked: PretrainedFiles
    ) -> ModelFiles:
        """Fetch the files into the cache; `asked` is what the advice is about."""
        record = self._record
        download = PretrainedDownload(self, record.expected, progress)
        try:
            record.lock.parent.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                try:
                    is_held = stack.enter_context(locked(record.lock, download.watch))
                except PermissionError as error:  # that of another user, who keeps it
                    if error is download.error_of_progress:
                        raise
                    is_held = False
                # who held the lock may have fetched them
                return self._found() or self._download(download, asked, is_held=is_held)
        except OSError as error:
            if error is download.error_of_progress:
                raise
            raise ModelCache.unusable(self.cache.folder, error) from error

    def _download(
        self, download: PretrainedDownload, asked: PretrainedFiles, *, is_held: bool
    ) -> ModelFiles:
        try:
            paths = download.files(is_shared=is_held)
        except ModelFormatError as error:
            raise another_file(self.name, error) from error
        except UnusableCache:
            raise
        except DownloadRefused as error:
            raise type(error)(with_advice(str(error), asked)) from error
        try:
            return self._accepted(paths)
        finally:  # what is another file now is one the next time
            download.forget()

    def find(self) -> ModelFiles | None:
        """Give the files from the cache; None where they are not there, or were changed.

        What a cache for reading alone lacks may be in the user's own one.
        """
        found, folder = self._found(), self.cache.folder
        if found is not None or not folder.is_dir() or os.access(folder, os.W_OK):
            return found
        own = self.with_cache(ModelCache.of_user())._found()
        known = self.recorded
        if own is None or (known and known != {n: file_sha256(own.path(n)) for n in own.names}):
            return None
        return own

    def _found(self) -> ModelFiles | None:
        record = self._record.known
        paths = {name: self.cache.find(digits, name) for name, digits in record.items()}
        found = {name: path for name, path in paths.items() if path is not None}
        if not found or len(found) < len(paths):
            return None
        try:
            files = ModelFiles(found, main=next(iter(found)), origin=self.name)
            check_sha256(normalised(self.sha256), found, self.name)
            self.check(files)
        except (DownloadRefused, ModelFormatError):  # a note tells anything
            return None
        return files

    @property
    def recorded(self) -> dict[str, str]:
        """The checksums that were remembered at the first download, by name; empty before."""
        return self._record.known

    def notes(self, checksums: Mapping[str, str]) -> dict[str, dict[str, object]]:
        """Give what another cache has to remember, by key, where files of a checksum each lie."""
        return self._record.notes(checksums)

    def with_cache(self, cache: ModelCache) -> PretrainedFiles:
        """Give the same with another cache."""
        return replace(self, cache=cache)

    def at(self, url: str) -> PretrainedFiles:
        """Give the same model from where the user says that a copy of it lies."""
        return replace(self, url=url, max_bytes=max(self.max_bytes, self.copy_max_bytes))

    def install(self, files: ModelFiles, main: str) -> ModelFiles:
        """Put files into the cache that came another way, after the same checks.

        Parameters
        ----------
        files : ModelFiles
        main : str
            The main one among them; the others lie beside it.

        Raises
        ------
        DownloadRefused
            If they are not of the architecture or not those that were remembered, or the cache
            cannot be written.
        ModelFormatError
            If one cannot be read.
        """
        names = [main, *(name for name in files.names if name != main)]
        most = max(self.max_bytes, self.copy_max_bytes)
        self.check_size(sum(files.size(name) for name in names))
        with self.cache.workspace() as space:
            paths: dict[str, Path] = {}
            for number, name in enumerate(names):
                paths[name] = space / f"{number}"
                try:
                    paths[name].write_bytes(files.read(name, most))
                except OSError as error:
                    raise ModelCache.unusable(paths[name], error) from error
            return self._accepted(paths)

    def _accepted(self, paths: Mapping[str, Path]) -> ModelFiles:
        """Check new files, the main one first, and move them into the cache."""
        main = next(iter(paths))
        files = ModelFiles(paths, main=main, origin=self.name)
        try:
            self.check(files)
        except ModelFormatError as error:
            raise another_file(self.name, error) from error
        check_sha256(normalised(self.sha256), paths, self.name)
        record = self._record
        record.compare(paths)
        kept, checksums = {}, {}
        for name, path in paths.items():
            checksums[name], kept[name] = self.cache.add(path, name)
        record.remember(checksums)
        return ModelFiles(kept, main=main, origin=self.name)

    def check_size(self, total: int) -> None:
        """Check what the files of a copy have together.

        Raises
        ------
        DownloadRefused
            If that is more than a copy may have.
        """
        most = max(self.max_bytes, self.copy_max_bytes)
        if total > most:
            raise DownloadRefused(f"{self.name}: expected at most {most:,} bytes, got {total:,}")

    @property
    def _record(self) -> PretrainedRecord:
        return PretrainedRecord(self)
