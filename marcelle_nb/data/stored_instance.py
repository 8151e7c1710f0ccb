"""Instances in the form that Marcelle's stores keep, and back; also what older clients wrote."""

from __future__ import annotations

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.instance import checked
from marcelle_nb.data.javascript_number import javascript_number
from marcelle_nb.data.records import copied
from marcelle_nb.data.selection import selected
from marcelle_nb.data.shown_document import ShownDocument
from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from marcelle_nb.data.conditions import Path
    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.records import Document

Y = ("y",)

_DATA_URL = "data:image/"


def as_document(given: object, name: str) -> Document:
    """Check an instance and make it a document of the dataset of a name."""
    instance = checked(renamed(given) if isinstance(given, dict) else given)
    kept = {key: value for key, value in instance.items() if not _says_nothing(key, value)}
    return {**kept, "datasetName": name}


def as_instance(document: Mapping[str, Any], select: Collection[Path] | None = None) -> Instance:
    """Make an instance of a document, which may come from JavaScript, or the parts asked for.

    Lists of numbers become arrays; what is no `x`, as a client may have written it, stays as it is.
    """
    whole = renamed(dict(document))
    if select is not None:
        whole = selected(whole, select)
    instance = {key: copied(it) for key, it in whole.items() if not _says_nothing(key, it)}
    x = instance.get("x")
    if isinstance(x, list | np.ndarray):
        instance["x"] = _array(x)
    elif isinstance(x, str) and x.startswith(_DATA_URL):
        instance["x"] = _pixels(x)
    if select is None or Y in select:
        instance["y"] = _label(instance.get("y"))
    return ShownDocument(instance)


def renamed(row: dict[str, Any]) -> dict[str, Any]:
    """Read the `features` and `label` of Marcelle's first versions as `x` and `y`."""
    if not is_early(row):
        return row
    result = {key: value for key, value in row.items() if key not in ("features", "x")}
    result["x"] = row["features"]
    if _has_early_label(row):
        result["y"] = result.pop("label")
    return result


def is_early(row: Mapping[str, Any]) -> bool:
    """Say whether a row is one of Marcelle's first versions; arrays may be notes of them."""
    features = row.get("features")
    is_note = isinstance(features, dict) and features.keys() == {"dtype", "shape"}
    return row.get("x") is None and (is_note or isinstance(features, list | np.ndarray))


def shown_y(row: Mapping[str, Any]) -> Any:
    """Give the label that an instance of this row shows."""
    return _label(row["label"] if is_early(row) and _has_early_label(row) else row.get("y"))


def shown_label(value: Any) -> str:
    """Write a label that a client gave as a number, as JavaScript does."""
    return javascript_number(value) if isinstance(value, float) else str(value)


def stored_forms(label: str) -> list[str | float | bool]:
    """Give the values of JSON that are shown as a label."""
    if label in ("True", "False"):
        return [label, label == "True"]
    try:
        number = float(label)
    except ValueError:
        return [label]
    is_shown_so = math.isfinite(number) and shown_label(number) == label
    return [label, number] if is_shown_so else [label]


def _has_early_label(row: Mapping[str, Any]) -> bool:
    """Say whether the label stands there: a text, or a number."""
    label = row.get("label")
    is_label = isinstance(label, str | int | float) and not isinstance(label, bool)
    return is_label and row.get("y") is None


def _label(y: Any) -> Any:
    if isinstance(y, int | float):
        return shown_label(y)
    return None if isinstance(y, str) and not y else y


def _says_nothing(key: str, value: object) -> bool:
    return value is None and key in ("features", "thumbnail")


def _array(given: list[Any] | np.ndarray[Any, Any]) -> Any:
    try:
        array = np.asarray(given)
    except ValueError:  # ragged
        return given
    if array.dtype.kind not in "biuf" or array.size == 0:
        return given
    array = array.reshape(-1) if array.ndim == 2 and len(array) == 1 else array
    array.flags.writeable = False
    return array


def _pixels(url: str) -> Any:
    try:
        return decode(base64.b64decode(url.partition(",")[2], validate=True))
    except (binascii.Error, ImageRejected):
        return url
