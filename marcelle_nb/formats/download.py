"""Fetches the files of a model from an address, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from marcelle_nb.errors import DownloadRefused, ModelFormatError, NoFileThere
from marcelle_nb.formats.addresses import checked_address, display
from marcelle_nb.formats.checksums import check_sha256, normalised
from marcelle_nb.formats.detect import SAVED_MODEL
from marcelle_nb.formats.model_download import ModelDownload, named_files
from marcelle_nb.formats.model_files import MAX_BYTES, ModelFiles
from marcelle_nb.formats.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.checksums import Sha256

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

    What `load` looks for beside a file on disk is fetched too, if it is there: `labels.txt`, and
    the `.metadata.json` of a frozen graph.

    Parameters
    ----------
    url : str
        `https:`, `file:`, or `http:` to this machine. An address that ends in `/`, or at which
        there is no model, is that of a folder with a `model.json`, as Teachable Machine gives it.
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
    version of a file (`ETag`, `Last-Modified`) is asked whether there is a newer one. Where nobody
    answers, what came from the same address before is used, with a warning.
    """
    expected = normalised(sha256)
    parts = checked_address(url, plain=allow_http or expected is not None)
    if parts.scheme == "file":
        return _local(url, expected, max_bytes)
    if parts.path.rpartition("/")[2].lower() == SAVED_MODEL:
        raise DownloadRefused(
            f"{display(url)}: expected one file or an archive, got a part of a SavedModel, which "
            "is a folder: put the folder into a zip file, and give its address"
        )
    transfer = Transfer(max_bytes, timeout)

    def fetched(address: str) -> ModelFiles:
        return ModelDownload(address, expected, transfer, allow_http=allow_http).files()

    completed = _completed(url)
    try:
        return fetched(completed)
    except NoFileThere:
        inside = _inside(completed)
        if inside is None:
            raise
        try:
            return fetched(inside)
        except (DownloadRefused, ModelFormatError):
            pass
        raise  # that there is no folder either, nobody asked


def _inside(url: str) -> str | None:
    """Give the address of a `model.json` in what may be a folder by its name."""
    parts = urlsplit(url)
    if "." in parts.path.rpartition("/")[2]:
        return None
    return parts._replace(path=f"{parts.path}/model.json").geturl()


def open_local(path: Path, sha256: Sha256 | None) -> ModelFiles:
    """Open a model on this machine, and compare it with its checksum if it has one."""
    files = ModelFiles.open(path)
    if sha256 is not None:
        main = path / "model.json" if path.is_dir() else path
        if not main.is_file():
            raise DownloadRefused(f"sha256: expected a file to compare, got {str(path)!r}")
        names, _ = named_files(main, main.name)
        # names of classes are compared where they have a checksum
        names += [name for name in sha256 if name in files] if isinstance(sha256, dict) else []
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


def _local(url: str, sha256: Sha256 | None, max_bytes: int) -> ModelFiles:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise DownloadRefused(f"address: {display(url)}: expected file:///, got another machine")
    path = Path(url2pathname(parts.path))
    if not path.is_absolute():
        raise DownloadRefused(f"address: {display(url)}: expected file:/// and a path, got none")
    files = open_local(path, sha256)
    total = sum(files.size(name) for name in files.names)
    if total > max_bytes:
        raise DownloadRefused(f"{path.name}: expected at most {max_bytes:,} bytes, got {total:,}")
    return files
