"""Instances in the form that Marcelle's stores keep, and back; also what older clients wrote."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.instance import checked
from marcelle_nb.data.javascript_number import javascript_number
from marcelle_nb.data.records import copied
from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.records import Document

_DATA_URL = "data:image/"


def as_document(given: object, name: str) -> Document:
    """Check an instance and make it a document of the dataset of a name."""
    instance = checked(renamed(given) if isinstance(given, dict) else given)
    kept = {key: value for key, value in instance.items() if not _says_nothing(key, value)}
    return {**kept, "datasetName": name}


def as_instance(document: Mapping[str, Any]) -> Instance:
    """Make an instance of a document, which may be a part of one, or come from JavaScript.

    Lists of numbers become arrays; what is no `x`, as a client may have written it, stays as it is.
    """
    whole = renamed(copied(dict(document)))
    instance = {key: it for key, it in whole.items() if not _says_nothing(key, it)}
    x = instance.get("x")
    if isinstance(x, list | np.ndarray):
        instance["x"] = _array(x)
    elif isinstance(x, str) and x.startswith(_DATA_URL):
        instance["x"] = _pixels(x)
    if "x" in document or "features" in document:  # else only some fields were asked for
        instance.setdefault("y", None)
    y = instance.get("y")
    if isinstance(y, int | float) and not isinstance(y, bool):
        instance["y"] = shown_label(y)
    elif isinstance(y, str) and not y:
        instance["y"] = None
    return instance


def renamed(row: dict[str, Any]) -> dict[str, Any]:
    """Read the `features` and `label` of Marcelle's first versions as `x` and `y`."""
    if row.get("x") is not None or not isinstance(row.get("features"), list | np.ndarray):
        return row
    result = {key: value for key, value in row.items() if key not in ("features", "x")}
    result["x"] = row["features"]
    if isinstance(row.get("label"), str) and row.get("y") is None:
        result["y"] = result.pop("label")
    return result


def label_query(label: str | None) -> dict[str, Any]:
    """Give the query for what `as_instance` shows with a label; None and "" stand for none."""
    if not label:
        early: dict[str, Any] = {"$or": [{"label": None}, {"label": ""}, {"x": {"$ne": None}}]}
        return {"y": {"$in": [None, ""]}, **early}
    early = {"y": None, "x": None, "label": label}
    return {"$or": [{"y": {"$in": [label, *_numbers(label)]}}, early]}


def shown_label(value: Any) -> str:
    """Write a label that a client gave as a number, as JavaScript does."""
    return javascript_number(value) if isinstance(value, float) else str(value)


def _numbers(label: str) -> list[float]:
    try:
        number = float(label)
    except ValueError:
        return []
    return [number] if abs(number) < 2**53 and shown_label(number) == label else []


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
