"""The options of a custom operator: a FlexBuffer map of names and numbers, every offset checked."""

from __future__ import annotations

import struct

from marcelle_nb.errors import ModelFormatError

_MAP = 9
_INTS = {1: "bhiq", 2: "BHIQ", 26: "BHIQ"}
_FLOAT = 3
_REALS = {2: "f", 3: "d"}
MAX_KEYS = 64


def read_flex_map(data: bytes, what: str) -> dict[str, float]:
    """Read a map whose values are all numbers.

    Raises
    ------
    ModelFormatError
        If an offset leaves the bytes, a name has no end, names are not sorted or a value is no
        number: native code looks names up without a check.

    References
    ----------
    FlatBuffers, "FlexBuffers": a map ends with its values, their types, and before them their
    number and the place of the vector of sorted names.
    """
    try:
        return _read(data)
    except (struct.error, IndexError, ValueError) as error:
        raise ModelFormatError(
            f"{what}: expected options that are a map of numbers, got others ({error})"
        ) from error


def _read(data: bytes) -> dict[str, float]:
    if len(data) < 3:
        raise ValueError("too short")
    width, kind = data[-1], data[-2]
    if width not in {1, 2, 4, 8} or kind >> 2 != _MAP:
        raise ValueError("no map")
    root = len(data) - 2 - width
    start, wide = root - _unsigned(data, root, width), 1 << (kind & 3)
    count = _unsigned(data, start - wide, wide)
    if count > MAX_KEYS or start + count * (wide + 1) > len(data):
        raise ValueError("too many names")
    narrow = _unsigned(data, start - 2 * wide, wide)
    names = start - 3 * wide - _unsigned(data, start - 3 * wide, wide)
    if narrow not in {1, 2, 4, 8} or _unsigned(data, names - narrow, narrow) != count:
        raise ValueError("another number of names")
    found: dict[str, float] = {}
    for n in range(count):
        place = names + n * narrow
        first = place - _unsigned(data, place, narrow)
        name = data[first : data.index(b"\0", first)].decode() if first >= 0 else ""
        if not name or (found and name <= next(reversed(found))):
            raise ValueError("names out of order")
        found[name] = _number(data, start + n * wide, wide, data[start + count * wide + n])
    return found


def _number(data: bytes, place: int, width: int, kind: int) -> float:
    size, letters = width.bit_length() - 1, _INTS.get(kind >> 2)
    if kind >> 2 == _FLOAT and size in _REALS:
        return float(_unpacked(data, place, width, _REALS[size]))
    if letters is None:
        raise ValueError("a value that is no number")
    return int(_unpacked(data, place, width, letters[size]))


def _unsigned(data: bytes, place: int, width: int) -> int:
    return int(_unpacked(data, place, width, "BHIQ"[width.bit_length() - 1]))


def _unpacked(data: bytes, place: int, width: int, letter: str) -> float:
    if place < 0 or place + width > len(data):
        raise ValueError("an offset outside")
    value: float = struct.unpack_from("<" + letter, data, place)[0]
    return value
