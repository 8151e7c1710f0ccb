"""The files of one model on their way from an address into the cache."""

from __future__ import annotations

import re
import warnings
from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from marcelle_nb.errors import DownloadRefused, HostUnreachable, ModelFormatError
from marcelle_nb.formats.addresses import display, is_loopback
from marcelle_nb.formats.archive_member import is_archive
from marcelle_nb.formats.checksums import check_sha256
from marcelle_nb.formats.description import MAX_BYTES as MAX_DESCRIPTION
from marcelle_nb.formats.detect import is_named
from marcelle_nb.formats.labels import find_labels, label_names
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.named_files import address_beside, main_name, named_files
from marcelle_nb.formats.sidecar import sidecar_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from marcelle_nb.formats.checksums import Sha256
    from marcelle_nb.formats.transfer import Transfer

__all__ = ["TEACHABLE", "ModelDownload", "named_files"]

TEACHABLE = "metadata.json"
"""What Teachable Machine publishes beside a model: the names of its classes."""

_ASK = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
"""With which header a server is asked about the version that it told in another."""

_VERSION = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,998}[\x21-\x7e])?")
"""A version that can be sent back."""


class ModelDownload:
    """Fetches the files of one model.

    Parameters
    ----------
    url : str
        Of its main file.
    sha256 : str, dict or None
        What `normalised` gave.
    transfer : Transfer
        The limits.
    allow_http : bool
        Take `http:` from another machine even without a checksum.
    """

    def __init__(
        self, url: str, sha256: Sha256 | None, transfer: Transfer, *, allow_http: bool
    ) -> None:
        self._url = url
        self._sha256 = sha256
        self._transfer = transfer
        self._allow_http = allow_http
        self._cache = ModelCache()
        self._main = main_name(url)
        self._versions: dict[str, dict[str, str]] = {}
        self._is_offline = False
        self._left = ExitStack()
        self._folder: Path | None = None

    def files(self) -> ModelFiles:
        """Give the files; see `marcelle_nb.formats.download.download`."""
        found = self._known()
        if found is None:
            with self._left:
                found = self._kept(self._fetched())
        if len(found) == 1 and is_archive(found[self._main]):
            return ModelFiles.open(found[self._main])
        return ModelFiles(found, main=self._main, origin=display(self._url))

    def _known(self) -> dict[str, Path] | None:
        """Give the files of a model that has checksums, if all are in the cache."""
        note = self._cache.remembered(self._joint_key) if self._sha256 is not None else None
        if note is None or self._main not in note:
            return None
        paths = {name: self._cache.find(digits, name) for name, digits in note.items()}
        found = {name: path for name, path in paths.items() if path is not None}
        if len(found) < len(paths):
            return None
        try:
            self._check(found)
        except (DownloadRefused, ModelFormatError, KeyError):  # a note tells anything
            return None
        return found

    def _check(self, found: Mapping[str, Path]) -> tuple[list[str], bool]:
        """Compare what was fetched with its checksums; give what `named_files` does."""
        shards, is_layers = named_files(found[self._main], self._main)
        told = [*self._sha256] if isinstance(self._sha256, dict) else []
        beside = [name for name in told if name in found]
        names = dict.fromkeys([self._main, *shards, *beside])
        check_sha256(self._sha256, {name: found[name] for name in names}, display(self._url))
        return shards, is_layers

    def _space(self, name: str) -> Path:
        """Give the place of a new file, on the disk of the cache, which may be one only to read."""
        if self._folder is None:
            self._folder = self._left.enter_context(self._cache.workspace())
        return self._folder / name

    def _fetched(self) -> dict[str, Path]:
        found = {self._main: self._one(self._main)}
        shards, _ = named_files(found[self._main], self._main)
        told = set(self._sha256) if isinstance(self._sha256, dict) else set()
        for name in (*shards, *sorted(told & {TEACHABLE} - {self._main, *shards})):
            found[name] = self._one(name)
        _, is_layers = self._check(found)
        if self._may_be_unchecked and not is_archive(found[self._main]):
            if is_layers:
                self._add(found, TEACHABLE)
            if is_named(self._main, "frozen-graph"):
                self._add(found, sidecar_name(self._main))
            self._add_labels(found)
        return found

    def _one(self, name: str) -> Path:
        """Give one file: that which the cache has, or a new one."""
        url, found = self._address(name), self._cached(name)
        if found is not None and (self._is_offline or isinstance(self._sha256, dict)):
            return found
        note = self._cache.remembered(f"address {url}") or {}
        asked = {} if found is None else _versions(note, {key: key for key in _ASK})
        target = self._space(f"file-{len(self._versions)}")
        plain = self._allow_http or self._sha256 is not None
        try:
            answer = self._transfer.fetch(url, target, plain=plain, headers=asked)
        except HostUnreachable as error:
            if found is None:
                raise
            self._is_offline = True
            _warn(f"{error}; what came from there before is used")
            return found
        if answer is None and found is not None:
            return found
        if answer is None:
            raise DownloadRefused(f"{display(url)}: expected a file, got none")
        self._note_version(name, answer)
        return target

    def _cached(self, name: str) -> Path | None:
        """Give the file of a checksum, or what came from the address before."""
        note = self._cache.remembered(f"address {self._address(name)}") or {}
        told = self._sha256 if isinstance(self._sha256, dict) else {}
        digits = told.get(name) or note.get("sha256")
        return self._cache.find(digits, name)

    def _add(self, found: dict[str, Path], name: str) -> None:
        """Fetch a file that may be missing, as it is where most models are."""
        if name in found:
            return
        kept = self._cached(name)
        try:
            url, path = self._address(name), self._space(name)
        except DownloadRefused:  # what is known is all there is
            found.update({name: kept} if kept else {})
            return
        try:
            answer = None if self._is_offline else self._asked(url, path)
        except HostUnreachable:
            self._is_offline = True
        if self._is_offline:
            found.update({name: kept} if kept else {})
        elif answer is not None:
            found[name] = path
            self._note_version(name, answer)
        elif kept is not None:  # it was there once
            self._cache.remember(f"address {url}", {})

    def _asked(self, url: str, path: Path) -> Mapping[str, str] | None:
        return self._transfer.fetch(
            url, path, plain=self._allow_http, optional=True, limit=MAX_DESCRIPTION
        )

    def _add_labels(self, found: dict[str, Path]) -> None:
        """Fetch the names of classes; what a server gives for all that it lacks is none."""
        for name in label_names(PurePosixPath(self._main).stem):
            self._add(found, name)
            try:
                if find_labels(
                    ModelFiles({name: found[name]} if name in found else {}), self._main
                ):
                    return
            except ModelFormatError as error:
                del found[name]
                _warn(f"{error}; the model is loaded without")

    def _note_version(self, name: str, answer: Mapping[str, str]) -> None:
        self._versions[name] = _versions(answer, _ASK)

    def _kept(self, found: Mapping[str, Path]) -> dict[str, Path]:
        """Move what is new into the cache, and remember it."""
        kept, checksums = {}, {}
        for name, path in found.items():
            checksums[name], kept[name] = self._cache.add(path, name)
            if name in self._versions:
                note = {"sha256": checksums[name], **self._versions[name]}
                self._cache.remember(f"address {self._address(name)}", note)
        if self._sha256 is not None:
            self._cache.remember(self._joint_key, checksums)
        return kept

    @property
    def _joint_key(self) -> str:
        told = self._sha256
        return f"files {sorted(told.items()) if isinstance(told, dict) else told} {self._main}"

    @property
    def _may_be_unchecked(self) -> bool:
        parts = urlsplit(self._url)
        return self._allow_http or parts.scheme == "https" or is_loopback(parts.hostname or "")

    def _address(self, name: str) -> str:
        """Give the address of a file beside the one that was named, as TensorFlow.js does."""
        return self._url if name == self._main else address_beside(self._url, name)


def _versions(told: Mapping[str, object], keys: Mapping[str, str]) -> dict[str, str]:
    """Give what tells a file's version, of an answer or a note, as far as it can be sent."""
    found = {key: told.get(name) for key, name in keys.items()}
    return {
        key: value
        for key, value in found.items()
        if isinstance(value, str) and _VERSION.fullmatch(value)
    }


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=2)
