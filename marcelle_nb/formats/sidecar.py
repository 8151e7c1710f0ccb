"""The file beside a converted model with what its format has no place for.

It is called as the model, with `.metadata.json` at the end, and holds the names of classes and how
pictures become inputs.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.formats.labels import MAX_BYTES, checked_labels
from marcelle_nb.formats.replaced_file import replace_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from marcelle_nb.formats.model_files import ModelFiles

TREATMENT = ("input_range", "crop", "image_size")
"""How a picture becomes an input, among a model's metadata."""

_ENDING = ".metadata.json"


def write_sidecar(
    model: Path, labels: Sequence[str] | None, treatment: Mapping[str, Any]
) -> list[Path]:
    """Write what is known beside a model; give the file, or none where nothing is known.

    A file from an earlier model of the same name is removed, as it would describe this one wrongly.
    """
    path = model.with_name(f"{model.stem}{_ENDING}")
    content = dict(treatment)
    if labels:
        content["labels"] = list(labels)
    if not content:
        path.unlink(missing_ok=True)
        return []
    return [replace_file(path, json.dumps(content, ensure_ascii=False, indent=2).encode())]


def read_sidecar(files: ModelFiles, main: str) -> dict[str, Any]:
    """Read what lies beside a model, if it does.

    Raises
    ------
    ModelFormatError
        If it holds something else.
    """
    path = PurePosixPath(main)
    name = str(path.with_name(f"{path.stem}{_ENDING}"))
    if name not in files:
        return {}
    content = parse_json(files.read(name, MAX_BYTES), name)
    if not isinstance(content, dict):
        raise ModelFormatError(f"{name}: expected an object, got {type(content).__name__}")
    result = checked_treatment(content, name)
    if "labels" in content:
        result["labels"] = checked_labels(content["labels"], f"{name}: labels")
    return result


def checked_treatment(content: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Check how a file says that pictures become inputs.

    Raises
    ------
    ModelFormatError
        If `input_range` is not a lower and a higher number, `crop` not `"center"` or None, or
        `image_size` not a height and width.
    """
    result: dict[str, Any] = {}
    if "input_range" in content:
        low, high = _pair(content["input_range"], f"{what}: input_range", (int, float))
        if not low < high:
            raise ModelFormatError(f"{what}: input_range: expected low < high, got {low}, {high}")
        result["input_range"] = (float(low), float(high))
    if "crop" in content:
        if content["crop"] not in ("center", None):
            raise ModelFormatError(
                f"{what}: crop: expected 'center' or null, got {content['crop']!r:.80}"
            )
        result["crop"] = content["crop"]
    if "image_size" in content:
        result["image_size"] = _pair(content["image_size"], f"{what}: image_size", int)
    return result


def _pair(value: Any, what: str, kind: type | tuple[type, ...]) -> tuple[Any, Any]:
    pair = value if isinstance(value, list | tuple) and len(value) == 2 else [None]
    if not all(isinstance(one, kind) and not isinstance(one, bool) for one in pair):
        raise ModelFormatError(f"{what}: expected two numbers, got {value!r:.80}")
    return pair[0], pair[1]
