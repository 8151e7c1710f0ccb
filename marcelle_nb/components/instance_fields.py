"""The fields of instances for the page: which there are, and short forms of what is in them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.query import path_of
from marcelle_nb.data.selection import value_at
from marcelle_nb.errors import BadRequest
from marcelle_nb.image import is_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OWN_FIELDS = ("id", "x", "y", "thumbnail", "features", "datasetName", "createdAt", "updatedAt")
"""Fields that every dataset knows; the others are the user's."""

EARLY_FIELDS = ("features", "label")
"""Where the instances of Marcelle's first versions have their x and y."""

SAMPLE = 20
"""So many instances are looked at for the fields that there are."""

MAX_TEXT = 200

_SHOWN_NUMBERS = 3


def own_scalars(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Give the user's own fields that hold a text, a number or a bool and that a query can name."""
    return {
        key: value
        for key, value in instance.items()
        if key not in OWN_FIELDS and isinstance(value, str | int | float) and _is_plain(key)
    }


def is_number(value: object) -> bool:
    """Say whether a value is a finite number; a bool is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond float64
        return False


def at(instance: Mapping[str, Any], field: str) -> Any:
    """Give what is in a field, whose name may lead into objects by dots; None where nothing is."""
    return value_at(instance, tuple(field.split(".")))[1]


def selecting(fields: Iterable[str]) -> list[str]:
    """Name the fields to read for those that are wanted."""
    wanted = dict.fromkeys(fields)
    early = EARLY_FIELDS if "x" in wanted or "y" in wanted else ()
    return [*dict.fromkeys([*wanted, *early])]


def cell(value: Any) -> str | float | bool | None:
    """Give a short form of a value: a text, a number of six digits, a bool or None."""
    if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
        return float(f"{value:.6g}")
    if value is None or isinstance(value, bool) or is_number(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, np.ndarray):
        return _array(value)
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=_inner)
    return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}…"


def _is_plain(key: str) -> bool:
    try:
        return len(path_of(key, "field")) == 1 and bool(key) and not key.startswith("$")
    except BadRequest:
        return False


def _array(array: np.ndarray[Any, Any]) -> str:
    if is_image(array):
        return f"image, {array.shape[1]} × {array.shape[0]}"
    if array.ndim > 1:
        return f"{' × '.join(map(str, array.shape))} numbers"
    numbers = ", ".join(f"{number:.4g}" for number in array[:_SHOWN_NUMBERS].tolist())
    return f"{numbers}, … ({len(array):,})" if len(array) > _SHOWN_NUMBERS else numbers


def _inner(value: Any) -> Any:
    return _array(value) if isinstance(value, np.ndarray) else str(value)
