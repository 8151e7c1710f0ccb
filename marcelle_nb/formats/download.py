"""Fetches the files of a model from an address, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.addresses import checked_address, display, is_loopback
from marcelle_nb.formats.archive_member import is_archive
from marcelle_nb.formats.checksums import check_sha256, normalised
from marcelle_nb.formats.detect import START, is_json
from marcelle_nb.formats.file_names import safe_name
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.formats.model_files import MAX_BYTES, ModelFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.checksums import Sha256

SIDECAR = "metadata.json"
"""What Teachable Machine publishes beside a model: the names of its classes."""

_ASK = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
"""With which header a server is asked about the version that it told in another."""

_TEACHABLE = "teachablemachine.withgoogle.com"


def download(
    url: str,
    *,
    sha256: str | Mapping[str, str] | None = None,
    allow_http: bool = False,
    max_bytes: int = MAX_BYTES,
    timeout: float = 600.0,
) -> ModelFiles:
    """Fetch a model's file, and for a `model.json` of TensorFlow.js those that it names.

    Parameters
    ----------
    url : str
        `https:`, `file:`, or `http:` to this machine. An address that ends in `/` is that of a
        folder with a `model.json`, as Teachable Machine gives it.
    sha256 : str or mapping of str to str, optional
        The checksum of the file; for a TensorFlow.js model one for each file by name, or one over
        `model.json` and its shards in the order of the manifest. Files with a checksum that are in
        the cache need no network.
    allow_http : bool
        Take `http:` from another machine even without a checksum, as from a teacher's laptop.
    max_bytes : int
        What all files together may have.
    timeout : float
        Seconds that all of it may take.

    Returns
    -------
    ModelFiles
        In a cache on disk, under the checksum of their content; see `ModelCache`.

    Raises
    ------
    DownloadRefused
        If the address, or one that it redirects to, is not allowed; if nobody answers, or with
        something else; if a limit is passed or a checksum differs.
    ModelFormatError
        If a `model.json` cannot be read, or names files outside its folder.

    Notes
    -----
    Thread: any; several processes may share the cache. Without a checksum a server that tells the
    version of a file (`ETag`, `Last-Modified`) is asked whether there is a newer one.
    """
    expected = normalised(sha256)
    parts = checked_address(url, plain=allow_http or expected is not None)
    if parts.scheme == "file":
        return _local(url, expected, max_bytes)
    transfer = Transfer(max_bytes, timeout)
    return _Download(_completed(url), expected, transfer, allow_http=allow_http).files()


class _Download:
    """The files of one model on their way."""

    def __init__(
        self, url: str, sha256: Sha256 | None, transfer: Transfer, *, allow_http: bool
    ) -> None:
        self._url = url
        self._sha256 = sha256
        self._transfer = transfer
        self._allow_http = allow_http
        self._cache = ModelCache()
        self._main = _name(url)
        self._versions: dict[str, dict[str, str]] = {}

    def files(self) -> ModelFiles:
        found = self._known()
        if found is None:
            with self._cache.workspace() as folder:
                found = self._kept(self._fetched(folder))
        if len(found) == 1 and is_archive(found[self._main]):
            return ModelFiles.open(found[self._main])
        return ModelFiles(found, main=self._main, origin=display(self._url))

    def _known(self) -> dict[str, Path] | None:
        """Give the files of a model that has one checksum for all, if all are in the cache."""
        note = self._cache.remembered(self._joint_key)
        if not isinstance(self._sha256, str) or note is None:
            return None
        paths = {name: self._cache.find(digits, name) for name, digits in note.items()}
        found = {name: path for name, path in paths.items() if path is not None}
        return found if len(found) == len(paths) else None

    def _fetched(self, folder: Path) -> dict[str, Path]:
        found = {self._main: self._one(self._main, folder / "0")}
        shards, is_layers = named_files(found[self._main], self._main)
        for number, name in enumerate(shards, start=1):
            found[name] = self._one(name, folder / str(number))
        check_sha256(self._sha256, found, display(self._url))
        if is_layers and SIDECAR not in found and self._may_be_unchecked:
            url, path = self._address(SIDECAR), folder / SIDECAR
            if self._transfer.fetch(url, path, plain=self._allow_http, optional=True):
                found[SIDECAR] = path
        return found

    def _one(self, name: str, target: Path) -> Path:
        """Give one file: that which the cache has, or a new one."""
        url = self._address(name)
        note = self._cache.remembered(f"address {url}") or {}
        digits = self._sha256.get(name) if isinstance(self._sha256, dict) else note.get("sha256")
        found = self._cache.find(digits, name) if isinstance(digits, str) else None
        if found is not None and isinstance(self._sha256, dict):
            return found
        asked = {} if found is None else {key: note[key] for key in _ASK if key in note}
        plain = self._allow_http or self._sha256 is not None
        answer = self._transfer.fetch(url, target, plain=plain, headers=asked)
        if answer is None and found is not None:
            return found
        if answer is None:
            raise DownloadRefused(f"{display(url)}: expected a file, got none")
        self._versions[name] = {
            asking: answer[telling] for asking, telling in _ASK.items() if telling in answer
        }
        return target

    def _kept(self, found: Mapping[str, Path]) -> dict[str, Path]:
        """Move what is new into the cache, and remember it."""
        kept, checksums = {}, {}
        for name, path in found.items():
            checksums[name], kept[name] = self._cache.add(path, name)
            if version := self._versions.get(name):
                note = {"sha256": checksums[name], **version}
                self._cache.remember(f"address {self._address(name)}", note)
        if isinstance(self._sha256, str):
            self._cache.remember(self._joint_key, checksums)
        return kept

    @property
    def _joint_key(self) -> str:
        return f"files {self._sha256} {self._main}"

    @property
    def _may_be_unchecked(self) -> bool:
        parts = urlsplit(self._url)
        return self._allow_http or parts.scheme == "https" or is_loopback(parts.hostname or "")

    def _address(self, name: str) -> str:
        """Give the address of a file beside the one that was named, as TensorFlow.js does."""
        if name == self._main:
            return self._url
        parts = urlsplit(self._url)
        path = parts.path.rpartition("/")[0] + "/" + quote(name, safe="/%~")
        return parts._replace(path=path, fragment="").geturl()


def named_files(path: Path, name: str) -> tuple[list[str], bool]:
    """Give the files that a `model.json` names, and whether it has layers; else none.

    Raises
    ------
    ModelFormatError
        If it is JSON but no model, or a name leaves the folder.
    """
    with path.open("rb") as file:
        if not is_json(file.read(START), name):
            return [], False
    model = ModelJson.read(ModelFiles({name: path}), name)
    paths = [safe_name(path) for group in model.groups for path in group.paths]
    return list(dict.fromkeys(paths)), model.kind == "layers"


def open_local(path: Path, sha256: Sha256 | None) -> ModelFiles:
    """Open a model on this machine, and compare it with its checksum if it has one."""
    files = ModelFiles.open(path)
    if sha256 is not None:
        main = path / "model.json" if path.is_dir() else path
        if not main.is_file():
            raise DownloadRefused(f"sha256: expected a file to compare, got {str(path)!r}")
        names, _ = named_files(main, main.name)
        others = {name: files.path(files.beside(main.name, name)) for name in names}
        check_sha256(sha256, {main.name: main, **others}, str(path))
    return files


def _completed(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path
    if parts.hostname == _TEACHABLE and "." not in path.rpartition("/")[2]:
        path = path.rstrip("/") + "/"
    if path.endswith("/") or not path:
        path = f"{path or '/'}model.json"
    return parts._replace(path=path).geturl()


def _name(url: str) -> str:
    try:
        return safe_name(unquote(urlsplit(url).path).rpartition("/")[2])
    except ModelFormatError:
        return "model"


def _local(url: str, sha256: Sha256 | None, max_bytes: int) -> ModelFiles:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise DownloadRefused(f"address: {display(url)}: expected file:///, got another machine")
    path = Path(url2pathname(parts.path))
    files = open_local(path, sha256)
    total = sum(files.size(name) for name in files.names)
    if total > max_bytes:
        raise DownloadRefused(f"{path.name}: expected at most {max_bytes:,} bytes, got {total:,}")
    return files
