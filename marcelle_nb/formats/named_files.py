"""The files of one model that lie beside each other: what they are called, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.detect import START, is_json
from marcelle_nb.formats.file_names import safe_name
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson

if TYPE_CHECKING:
    from pathlib import Path


def main_name(url: str) -> str:
    """Give what the file at an address is called; `"model"` where that is no name for a file."""
    try:
        return safe_name(unquote(urlsplit(url).path).rpartition("/")[2])
    except ModelFormatError:
        return "model"


def address_beside(url: str, name: str) -> str:
    """Give the address of a file beside another, as TensorFlow.js does."""
    parts = urlsplit(url)
    path = parts.path.rpartition("/")[0] + "/" + quote(name, safe="/%~")
    return parts._replace(path=path, fragment="").geturl()


def named_files(path: Path, name: str) -> tuple[list[str], bool]:
    """Give the files that a `model.json` names, and whether it has layers; else none.

    Raises
    ------
    ModelFormatError
        If it is JSON but no model, or a name leaves the folder.
    """
    model = _model_json(path, name)
    if model is None:
        return [], False
    paths = [safe_name(path) for group in model.groups for path in group.paths]
    for shard in paths:
        safe_name(unquote(shard))  # which is what a server takes it for
    return list(dict.fromkeys(paths)), model.kind == "layers"


def named_bytes(path: Path, name: str) -> int:
    """Give the bytes of the weights that a `model.json` names; of texts, the least they take.

    Raises
    ------
    ModelFormatError
        If it is JSON but no model.
    """
    model = _model_json(path, name)
    groups = () if model is None else model.groups
    return sum(spec.nbytes for group in groups for spec in group.specs)


def _model_json(path: Path, name: str) -> ModelJson | None:
    with path.open("rb") as file:
        if not is_json(file.read(START), name):
            return None
    return ModelJson.read(ModelFiles({name: path}), name)
