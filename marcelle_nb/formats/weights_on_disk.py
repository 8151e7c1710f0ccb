"""The weights of a pretrained model in a file of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.checksums import check_sha256, normalised
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.named_files import named_files

if TYPE_CHECKING:
    from marcelle_nb.formats.pretrained_files import PretrainedFiles


def files_on_disk(wanted: PretrainedFiles) -> ModelFiles:
    """Give files where they lie, checked; a file of the user's own needs no cache.

    Raises
    ------
    DownloadRefused
        If they are too large, or not the weights of the model.
    FileNotFoundError
        If one is not there.
    """
    path = Path(wanted.url).expanduser().absolute()
    paths = {path.name: _file(path, wanted.name)}
    try:
        shards, _ = named_files(path, path.name)
        paths |= {name: _file(path.parent / name, wanted.name) for name in shards}
        files = ModelFiles(paths, main=path.name, origin=path.name)
        wanted.check_size(sum(files.size(name) for name in paths))
        wanted.check(files)
    except ModelFormatError as error:
        raise another_file(wanted.name, error) from error
    check_sha256(normalised(wanted.sha256), paths, wanted.name)
    return files


def another_file(name: str, error: Exception) -> DownloadRefused:
    """Give the error that says that files are not the weights of a model."""
    return DownloadRefused(f"{name}: expected the weights of this model, got another file: {error}")


def _file(path: Path, name: str) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"{name}: expected a file, got {str(path)!r}")
    return path
