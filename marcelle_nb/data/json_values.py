"""What a document may hold: the values of JSON that every store keeps alike, and arrays."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from marcelle_nb.errors import BadRequest, ImageRejected
from marcelle_nb.image import as_rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

BlobPath: TypeAlias = tuple[str | int, ...]
"""A chain of keys, and of places in lists."""

MAX_DEPTH = 32
"""How deep objects and lists may be nested, the document itself counted."""

MAX_WHOLE = 2**53
"""Beyond it not every whole number is a double, which is what JavaScript's numbers are."""

_NUMBERS = "biufc"
_FRACTIONS = "fc"
_TIMES = "mM"  # whole numbers of a unit that would be lost
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


def checked_document(
    given: object, what: str = "document"
) -> tuple[dict[str, Any], list[tuple[BlobPath, NDArray[Any]]]]:
    """Check and copy what is to be a document.

    Parameters
    ----------
    given : mapping
        Texts, finite numbers, bools, None, lists and dictionaries of them; NumPy's scalars, which
        become numbers; arrays of finite numbers and `PIL.Image`s anywhere in it. Arrays of whole
        numbers are kept exactly, however large these are.
    what : str
        How messages name it.

    Returns
    -------
    document : dict
        A copy that JSON can say; in the place of each array, its dtype and shape.
    arrays : list of (path, array)
        The arrays that were taken out. They are not copied.

    Raises
    ------
    BadRequest
        If something is none of this, or a whole number is beyond 2^53; the message names its path.
    """
    if not isinstance(given, Mapping):
        raise BadRequest(f"{what}: expected a dictionary, got {shown(given, 100)}")
    check = _Check(what)
    return check.object(given, ()), check.arrays


def checked_scalar(value: object, what: str) -> str | float | bool | None:
    """Check one text, number, bool or None, and turn NumPy's scalars into numbers."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        if value.dtype.kind in _TIMES or np.ma.is_masked(value):
            raise BadRequest(f"{what}: expected a value of JSON or an array, got {value!r:.80}")
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked_text(value, what)
    if isinstance(value, int):
        if not -MAX_WHOLE <= value <= MAX_WHOLE:
            raise BadRequest(f"{what}: expected a whole number within 2^53, got {shown(value)}")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise BadRequest(f"{what}: expected a finite number, got {value}")
        return float(value)
    raise BadRequest(f"{what}: expected a value of JSON or an array, got {shown(value)}")


def checked_text(value: str, what: str) -> str:
    """Check that a text holds neither NUL nor half of a surrogate pair."""
    if not value.isascii() or "\0" in value:
        bad = _NOT_TEXT.search(value)
        if bad:
            rule = "NUL" if bad[0] == "\0" else "lone surrogates"
            raise BadRequest(f"{what}: expected text without {rule}, got {value[:80]!a}")
    return str.__str__(value)  # of an enumeration's member its value, not its name


class _Check:
    """One walk through a document."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.arrays: list[tuple[BlobPath, NDArray[Any]]] = []

    def object(self, given: Mapping[Any, Any], path: BlobPath) -> dict[str, Any]:
        self._check_depth(path)
        result = {}
        for given_key, value in given.items():
            key = given_key
            if type(key) is not str or not key.isascii() or "\0" in key:
                key = self._key(key, path)
            # what is usual, without a call
            is_plain = type(value) is str and value.isascii() and "\0" not in value
            result[key] = value if is_plain else self.value(value, (*path, key))
        return result

    def _key(self, key: Any, path: BlobPath) -> str:
        if not isinstance(key, str):
            raise BadRequest(f"{self._named(path)}: expected keys of type str, got {shown(key)}")
        return checked_text(key, f"{self._named(path)}: a key")

    def value(self, value: Any, path: BlobPath) -> Any:
        if isinstance(value, np.ndarray) and value.ndim:
            return self._array(value, path)
        kind = type(value)
        # what is usual, without the names that only an error needs
        if (
            value is None
            or kind is bool
            or (kind is float and math.isfinite(value))
            or (kind is str and value.isascii() and "\0" not in value)
        ):
            return value
        if isinstance(value, dict | Mapping):
            return self.object(value, path)
        if isinstance(value, list | tuple):
            return self._list(value, path)
        if isinstance(value, Image.Image):
            return self._array(self._pixels(value, path), path)
        return checked_scalar(value, self._named(path))

    def _list(self, given: list[Any] | tuple[Any, ...], path: BlobPath) -> list[Any]:
        self._check_depth(path)
        # the quick way through the usual long list: one pass in C
        if set(map(type, given)) == {float} and all(map(math.isfinite, given)):
            return list(given)
        return [self.value(value, (*path, place)) for place, value in enumerate(given)]

    def _array(self, array: NDArray[Any], path: BlobPath) -> dict[str, Any]:
        if type(array) is not np.ndarray:
            array = self._without_mask(array, path)
        dtype = array.dtype
        if dtype.kind not in _NUMBERS:
            raise BadRequest(f"{self._named(path)}: expected an array of numbers, got type {dtype}")
        # counted, which takes half as long as `all`
        if dtype.kind in _FRACTIONS and np.count_nonzero(np.isfinite(array)) < array.size:
            bad = array[~np.isfinite(array)][0]
            raise BadRequest(f"{self._named(path)}: expected finite numbers, got {bad}")
        self.arrays.append((path, array))
        return {"dtype": _name(dtype), "shape": list(array.shape)}

    def _without_mask(self, array: NDArray[Any], path: BlobPath) -> NDArray[Any]:
        if np.ma.is_masked(array):
            raise BadRequest(f"{self._named(path)}: expected an array of numbers, got masked ones")
        return np.asarray(array)

    def _pixels(self, picture: Image.Image, path: BlobPath) -> NDArray[np.uint8]:
        try:
            return as_rgb(picture)
        except ImageRejected as error:
            raise BadRequest(f"{self._named(path)}: {error}") from error

    def _check_depth(self, path: BlobPath) -> None:
        if len(path) >= MAX_DEPTH:
            raise BadRequest(f"{self._named(path[:3])}…: expected at most {MAX_DEPTH} levels")

    def _named(self, path: BlobPath) -> str:
        named = ".".join(f"{key!s:.40}" for key in path)
        return ascii(named)[1:-1] if named else self.what


@lru_cache(maxsize=64)
def _name(dtype: np.dtype[Any]) -> str:
    return dtype.name


def shown(value: object, length: int = 80) -> str:
    """Show the beginning of a value; but for numbers of a length that Python refuses to write."""
    try:
        return repr(value)[:length]
    except ValueError:
        return "a number of thousands of digits"
