"""What an instance may be: from what a user gives to what a dataset keeps."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.data.javascript_number import javascript_number
from marcelle_nb.data.json_values import checked_text, shown
from marcelle_nb.errors import BadRequest, ImageRejected, InstanceRejected
from marcelle_nb.image import as_rgb, is_image, thumbnail

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Instance: TypeAlias = dict[str, Any]
"""One labelled example: `id`, `x`, `y` and what else was given, as in Marcelle."""

OWN_KEYS = ("id", "createdAt", "updatedAt", "datasetName")
"""Keys that the dataset sets itself."""

MAX_DEPTH = 20
"""How deep lists and dictionaries may be nested: a list within itself has no end."""

_THUMBNAIL = re.compile(r"data:image/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+={0,2}")


def checked(given: object) -> Instance:
    """Check what is to become an instance, and copy it.

    Parameters
    ----------
    given : mapping
        `x`: an array of numbers of any shape, of which (1, n) becomes (n,), or an image: a
        `PIL.Image`, or uint8 of shape (height, width) or (height, width, 1 to 4). `y`, optional:
        the label, or a list of numbers, for a regression. `thumbnail`, optional: a
        `data:image/…;base64` URL or an image. `features`, optional: the name and version of what
        made `x`; taken from `x.version` where that is a str. Other keys hold
        JSON-like values or arrays of numbers. All numbers are finite.

    Returns
    -------
    dict
        `y` is a str, a list of numbers, or None for an instance without a label. Arrays are
        read-only. Of the keys that a dataset sets itself, none.

    Raises
    ------
    InstanceRejected
        If something is none of this.
    """
    if not isinstance(given, Mapping):
        raise InstanceRejected(f"instance: expected a dictionary, got {shown(given, 100)}")
    if given.get("x") is None:
        raise InstanceRejected("x: expected numbers or an image, got none")
    return {"y": None, **checked_changes(given)}


def checked_changes(given: Mapping[str, Any]) -> Instance:
    """Check some keys of an instance and copy them; `features` follows from `x`."""
    result: Instance = {}
    for key, value in given.items():
        if not isinstance(key, str):
            raise InstanceRejected(f"key: expected a str, got {shown(key, 100)}")
        if key not in OWN_KEYS:
            result[key] = _CHECKS.get(key, _checked_extra)(key, value)
    if "x" in given and "features" not in given:
        version = getattr(given["x"], "version", None)
        result["features"] = version if isinstance(version, str) else None
    return result


def checked_label(label: object) -> str | None:
    """Check a label: a str, or a number, written as JavaScript does; "" and None are none."""
    return _checked_label("y", label)


def _checked_x(key: str, value: Any) -> NDArray[Any]:
    if is_image(value):
        return _checked_image(key, value)
    array = _checked_array(key, value)
    if array.size == 0:
        raise InstanceRejected(f"{key}: expected at least one number, got none")
    if array.ndim == 0:
        raise InstanceRejected(
            f"{key}: expected an array of numbers or an image, got {shown(value)}"
        )
    if array.ndim == 1 or (array.ndim == 2 and len(array) == 1):
        return _frozen(array.reshape(-1))
    return _checked_image(key, value) if _is_pixels(array) else _frozen(array)


def _is_pixels(array: NDArray[Any]) -> bool:
    """Say whether an array is an image, which its type and its shape decide, not its numbers."""
    is_picture = array.ndim == 2 or (array.ndim == 3 and 1 <= array.shape[2] <= 4)
    return is_picture and array.dtype == np.uint8


def _checked_image(key: str, value: Any) -> NDArray[np.uint8]:
    try:
        return _frozen(as_rgb(value))
    except ImageRejected as error:
        raise InstanceRejected(f"{key}: {error}") from error


def _checked_array(key: str, value: Any) -> NDArray[Any]:
    if np.ma.is_masked(value):
        raise InstanceRejected(f"{key}: expected an array of numbers, got masked ones")
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError) as error:  # ragged lists, numbers beyond float64
        raise InstanceRejected(f"{key}: expected an array of numbers, got {error}") from error
    if array.dtype.kind not in "biuf":
        raise InstanceRejected(f"{key}: expected numbers, got {shown(value, 100)}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = array[~np.isfinite(array)].flat[0] if array.ndim else array
        raise InstanceRejected(f"{key}: expected finite numbers, got {bad}")
    return array


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Copy an array, also out of a subclass, so that nobody can change the copy."""
    copy: NDArray[Any] = np.array(array, order="C", subok=False)
    copy.flags.writeable = False
    return copy


def _checked_y(key: str, y: Any) -> str | list[float] | None:
    is_list = isinstance(y, list | tuple) or (isinstance(y, np.ndarray) and y.ndim > 0)
    return _checked_numbers(key, y) if is_list else _checked_label(key, y)


def _checked_numbers(key: str, value: Any) -> list[float]:
    try:
        is_list = (kind := np.asarray(value)).ndim == 1 and kind.size and kind.dtype.kind in "iuf"
    except (ValueError, TypeError, OverflowError):  # ragged, or numbers beyond float64
        is_list = False
    if not is_list:
        raise InstanceRejected(f"{key}: expected a str or a number, got {shown(value, 80)}")
    numbers: list[float] = _checked_array(key, value).tolist()
    return numbers


def _checked_label(key: str, label: Any) -> str | None:
    if isinstance(label, np.ndarray) and label.ndim == 0:
        label = label[()]
    if label is None or (isinstance(label, str) and not label):
        return None
    if isinstance(label, float | np.floating):
        if not np.isfinite(label):
            raise InstanceRejected(f"{key}: expected a str or a finite number, got {label}")
        return javascript_number(label)
    is_span = isinstance(label, np.timedelta64)  # which is a number to NumPy
    if is_span or not isinstance(label, (str, numbers.Real, np.bool_)):
        raise InstanceRejected(f"{key}: expected a str or a number, got {shown(label, 100)}")
    try:
        return checked_text(label if isinstance(label, str) else str(label), key)
    except BadRequest as error:  # half of a surrogate pair: no page and no file could take it
        raise InstanceRejected(str(error)) from None
    except ValueError:  # a number that Python does not write
        raise InstanceRejected(f"{key}: expected a label, got {shown(label)}") from None


def _checked_thumbnail(key: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        if not _THUMBNAIL.fullmatch(value):
            raise InstanceRejected(
                f"{key}: expected a data:image/…;base64 URL, got {shown(value, 60)}"
            )
        return value
    try:
        return thumbnail(value)
    except ImageRejected as error:
        raise InstanceRejected(f"{key}: {error}") from error


def _checked_features(key: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InstanceRejected(f"{key}: expected a name as a str, got {shown(value, 100)}")
    return value


def _checked_extra(key: str, value: Any, depth: int = 0) -> Any:
    """Copy a JSON-like value, NumPy's scalars as Python's; arrays of numbers are kept as such."""
    if isinstance(value, np.generic) and value.dtype.kind not in "mM":
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, np.ndarray):
        return _frozen(_checked_array(key, value))
    if isinstance(value, (list, tuple, Mapping)) and depth < MAX_DEPTH:
        if not isinstance(value, Mapping):
            return [_checked_extra(key, item, depth + 1) for item in value]
        if all(isinstance(name, str) for name in value):
            return {name: _checked_extra(key, item, depth + 1) for name, item in value.items()}
    raise InstanceRejected(f"{key}: expected a JSON-like value, got {shown(value, 100)}")


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "x": _checked_x,
    "y": _checked_y,
    "thumbnail": _checked_thumbnail,
    "features": _checked_features,
}
