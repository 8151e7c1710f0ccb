"""What a cache remembers of a pretrained model: the checksums of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.checksums import normalised
from marcelle_nb.formats.file_names import safe_name
from marcelle_nb.formats.model_cache import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from marcelle_nb.formats.pretrained_files import PretrainedFiles

_LOCKS = "locks"


class PretrainedRecord:
    """The notes about a model in its cache; each is anybody's word, and compared with the files.

    Parameters
    ----------
    wanted : PretrainedFiles

    Raises
    ------
    DownloadRefused, TypeError
        If the checksum that was given is none.

    Notes
    -----
    Thread: any. Process: any.
    """

    def __init__(self, wanted: PretrainedFiles) -> None:
        self._wanted = wanted
        self._cache = wanted.cache
        self._told = told = normalised(wanted.sha256)
        name = f"{wanted.name} {wanted.url}" if wanted.is_own_address else wanted.name
        self._plain_key = _key(name)
        digits = told if told is None or isinstance(told, str) else str(sorted(told.items()))
        self._key = self._plain_key if digits is None else f"{self._plain_key} {digits}"

    @property
    def known(self) -> dict[str, str]:
        """The checksums by name, the main file's first; empty before the first download.

        Those of the same file by another name count too.
        """
        for key in dict.fromkeys([self._key, self._plain_key]):
            if noted := self._noted(key):
                return noted
        if self._wanted.is_own_address:  # what was fetched from there as the model itself
            key = _key(self._wanted.name)
            note = self._cache.remembered(key) or {}
            return self._noted(key) if note.get("url") == self._wanted.url else {}
        return {}

    @property
    def expected(self) -> dict[str, str]:
        """The checksums that files must have, by name, as far as they are known before."""
        if isinstance(self._told, dict):
            return self._told
        return self.known if self._told is None else self._noted(self._key)

    @property
    def lock(self) -> Path:
        """The file that is locked by who fetches the model; its folder need not be there."""
        return self._cache.folder / _LOCKS / self._cache.note(self._key).stem

    def compare(self, paths: Mapping[str, Path]) -> None:
        """Compare new files with the checksums of the first ones, unless another one was given.

        Raises
        ------
        DownloadRefused
            If they are others.
        """
        before = self._noted(self._key) if self._told is None else {}
        for name, path in paths.items() if before else ():
            if (got := file_sha256(path)) != before.get(name):
                note = self._cache.note(self._key)
                raise DownloadRefused(
                    f"{self._wanted.name}: {name}: expected the checksum {before.get(name)}, which "
                    f"the first download had, got {got}; if you trust the new file, give sha256=, "
                    f"or remove {str(note)!r}, where the first one is remembered"
                )

    def remember(self, checksums: Mapping[str, str]) -> None:
        """Remember files by their checksums, the main one first.

        What was given a checksum is not what the model is without one, unless there was none.
        """
        for key, note in self.notes(checksums).items():
            if key == self._key or not self._noted(key):
                self._cache.remember(key, note)

    def notes(self, checksums: Mapping[str, str]) -> dict[str, dict[str, object]]:
        """Give what a new cache has to remember about files, by key."""
        note: dict[str, object] = {"url": self._wanted.url, "files": dict(checksums)}
        return dict.fromkeys([self._key, self._plain_key], note)

    def _noted(self, key: str) -> dict[str, str]:
        """Give the checksums of a note, the main file's first; none where it tells otherwise."""
        files = (self._cache.remembered(key) or {}).get("files")
        if not isinstance(files, dict) or not all(
            isinstance(name, str) and isinstance(digits, str) for name, digits in files.items()
        ):
            return {}
        try:
            return files if all(safe_name(name) == name for name in files) else {}
        except ModelFormatError:
            return {}


def _key(name: str) -> str:
    return f"pretrained {name}"
