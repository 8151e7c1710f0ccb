"""What a model's file tells beyond the model, in every format: classes, pictures, the task.

It is one JSON object. TensorFlow.js files have it under `marcelle` in their `model.json`; in other
files it stands where the format has room for what is not the model's own.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.formats.labels import MAX_LENGTH, told_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = "marcelle"
"""Under this name formats of names and values hold it, and a loaded model's `metadata`."""

FILE = "marcelle.json"
"""What it is called where the format takes files."""

MAX_BYTES = 2**24

TREATMENT = ("input_range", "crop", "image_size")
"""How a picture becomes an input."""

TOLD = (*TREATMENT, "task", "features")

TASKS = ("classification", "regression")

MAX_VERSION = 1_000
"""Characters of the version of image features."""

MAX_SIDE = 2**14
"""Pixels of a picture's side; a picture of more is no input of a model."""


def description(labels: Sequence[str] | None, told: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what is known of a model; empty where that is nothing.

    Parameters
    ----------
    labels : sequence of str or None
    told : mapping
        Of it, what `TOLD` names.

    Raises
    ------
    ValueError
        If a name is longer than any that would be read again.
    """
    result = {key: told[key] for key in TOLD if key in told}
    if labels:
        result["labels"] = [str(label) for label in labels]
        longest = max(result["labels"], key=len)
        if len(longest) > MAX_LENGTH:
            raise ValueError(
                f"labels: expected names of up to {MAX_LENGTH:,} characters, got one of "
                f"{len(longest):,}"
            )
    return result


def description_json(content: Mapping[str, Any]) -> bytes:
    """Write a description as it stands in a file: UTF-8."""
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def parse_description(data: bytes | str, what: str) -> dict[str, Any]:
    """Read an object from a file that is not trusted; what it says is checked by another function.

    Raises
    ------
    ModelFormatError
        If it is too large or too deep, or no JSON object.
    """
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(data) > MAX_BYTES:
        raise ModelFormatError(f"{what}: expected at most {MAX_BYTES:,} bytes, got {len(data):,}")
    content = parse_json(data, what)
    if not isinstance(content, dict):
        raise ModelFormatError(f"{what}: expected an object, got {type(content).__name__}")
    return content


def checked_description(content: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Give what a description says, each value of the kind that it should be.

    Names of classes that are none, tasks that are not known here and versions of image features
    that are no text are left out: other software writes TensorFlow.js files, too.

    Raises
    ------
    ModelFormatError
        If `input_range` is not two different numbers, `crop` not `"center"` or null, or
        `image_size` not a height and width.
    """
    result: dict[str, Any] = {}
    if "input_range" in content:
        low, high = _pair(content["input_range"], f"{what}: input_range", (int, float))
        if low == high or not all(abs(one) < 2**63 for one in (low, high)):
            raise ModelFormatError(
                f"{what}: input_range: expected two different numbers, got {low!s:.40} and "
                f"{high!s:.40}"
            )
        result["input_range"] = (float(low), float(high))
    if "crop" in content:
        if content["crop"] not in ("center", None):
            raise ModelFormatError(
                f"{what}: crop: expected 'center' or null, got {content['crop']!r:.80}"
            )
        result["crop"] = content["crop"]
    if "image_size" in content:
        size = _pair(content["image_size"], f"{what}: image_size", int)
        if not all(1 <= one <= MAX_SIDE for one in size):
            raise ModelFormatError(
                f"{what}: image_size: expected from 1 to {MAX_SIDE:,} pixels, got {size!r:.80}"
            )
        result["image_size"] = size
    task = content.get("task")
    if isinstance(task, str) and task in TASKS:
        result["task"] = task
    features = content.get("features")
    if isinstance(features, str) and len(features) <= MAX_VERSION:
        result["features"] = features
    labels = told_labels(content.get("labels"))
    if labels is not None:
        result["labels"] = labels
    return result


def _pair(value: Any, what: str, kind: type | tuple[type, ...]) -> tuple[Any, Any]:
    pair = value if isinstance(value, list | tuple) and len(value) == 2 else [None]
    if not all(isinstance(one, kind) and not isinstance(one, bool) for one in pair) or any(
        isinstance(one, float) and not math.isfinite(one) for one in pair
    ):
        raise ModelFormatError(f"{what}: expected two numbers, got {value!r:.80}")
    return pair[0], pair[1]
