"""The file beside a model with what stands in others: of a frozen graph, which has no room for it.

It is called as the model, with `.metadata.json` behind the whole name. Where a file says nothing
itself, one that is called as the model without its ending is read too.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.replaced_file import replace_file
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import (
    TOLD,
    checked_description,
    description_json,
    parse_description,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from marcelle_nb.formats.model_files import ModelFiles

_ENDING = ".metadata.json"

_SLACK_S = 60.0
"""Copying or unpacking puts files in any order, some seconds apart."""


def sidecar_name(main: str) -> str:
    """Give the name of the file that lies beside a model."""
    return f"{main}{_ENDING}"


def write_sidecar(model: Path, content: Mapping[str, Any]) -> list[Path]:
    """Write what is known beside a model; give the file, or none where nothing is known.

    A file from an earlier model of the same name is removed, as it would describe this one wrongly;
    not one that somebody else wrote.
    """
    path = model.with_name(sidecar_name(model.name))
    if not content:
        if _is_ours(path):
            path.unlink(missing_ok=True)
        return []
    return [replace_file(path, description_json(content))]


def _is_ours(path: Path) -> bool:
    """Tell whether a file says nothing but what this module writes."""
    try:
        said = parse_description(path.read_bytes(), path.name)
    except (OSError, ModelFormatError):
        return False
    return bool(said) and set(said) <= {*TOLD, "labels"}


def read_sidecar(files: ModelFiles, main: str) -> dict[str, Any]:
    """Read what lies beside a model, if it does and is not older than the model.

    Raises
    ------
    ModelFormatError
        If it holds something else.
    """
    path = PurePosixPath(main)
    for beside in (sidecar_name(path.name), sidecar_name(path.stem)):
        name = str(path.with_name(beside))
        if name in files and not _is_overtaken(files, name, main):
            content = parse_description(files.read(name), name)
            return checked_description(content, name)
    return {}


def _is_overtaken(files: ModelFiles, name: str, main: str) -> bool:
    """Tell whether another model has been written under the name since."""
    written, described = files.modified(main), files.modified(name)
    return written is not None and described is not None and written > described + _SLACK_S
