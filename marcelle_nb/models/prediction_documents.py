"""From what a model answers to the documents that are stored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

OWN_KEYS = ("id", "_id", "createdAt", "updatedAt")
"""Of a stored document: an answer cannot set them."""


def prediction_document(answer: Any) -> dict[str, Any]:
    """Give the fields of a stored prediction.

    Parameters
    ----------
    answer : object
        What a model predicts. An object with `to_dict`, or a dictionary, gives its fields. All
        else, as the number of a regression, a list, an array or None, is the field `output`.

    Returns
    -------
    dict
        Values of JSON; arrays of more than one dimension stay arrays.
    """
    if hasattr(answer, "to_dict"):
        answer = answer.to_dict()
    if isinstance(answer, Mapping):
        return {key: _plain(value) for key, value in answer.items() if key not in OWN_KEYS}
    return {"output": _plain(answer)}


def true_value(label: Any, document: Mapping[str, Any]) -> Any:
    """Give what is true of an instance, in the terms of what was predicted.

    Beside numbers it is a number: a dataset keeps one as a text. All else stays as it is.
    """
    is_number = isinstance(document.get("output"), int | float) and "label" not in document
    if not is_number or not isinstance(label, str):
        return label
    try:
        number = float(label)
    except ValueError:
        return label
    return number if math.isfinite(number) else label


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.ndim <= 1:
        return value.tolist()
    return value
