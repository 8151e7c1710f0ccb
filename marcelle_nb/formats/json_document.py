"""JSON that was written by somebody else, read with limits."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MAX_BYTES = 64 * 2**20
"""The largest topology of a real model is a tenth of this."""

MAX_VALUES = 4_000_000
"""A value of two bytes in the file takes up to three hundred in memory."""

FREE_BYTES = 64 * 2**20
"""What a parsed document may take in memory beyond twice its size."""

MAX_DEPTH = 100

_BLOCK = 2**20
_OBJECT, _LIST, _VALUE = 240, 40, 60
"""About what Python takes for each, a value in it counted by itself."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(data: bytes, what: str, *, not_finite: bool = False) -> Any:
    """Parse a JSON document from a file that is not trusted.

    Parameters
    ----------
    data : bytes
        UTF-8, at most 64 MiB, at most 100 levels deep.
    what : str
        What messages call the document.
    not_finite : bool
        Whether `NaN` and `Infinity` are let through. They are no JSON, but Python writes them.

    Returns
    -------
    dict, list, str, int, float, bool or None

    Raises
    ------
    ModelFormatError
        If it is too large or too deep, no JSON, names a key twice in one object, or holds text
        that is no Unicode.
    """
    _check_extent(data, what)
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=None if not_finite else _refuse_constant,
        )
        if _SURROGATE.search(data):  # half a pair is text that nothing can write again
            _check_texts(value)
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"{what}: expected a JSON document, got {error}"[:300]) from error
    return value


def _check_extent(data: bytes, what: str) -> None:
    """Refuse a document by its size, depth and number of values, all without parsing it."""
    if len(data) > MAX_BYTES:
        raise ModelFormatError(
            f"{what}: expected a JSON document of at most {MAX_BYTES:,} bytes, got {len(data):,}"
        )
    depth = deepest = objects = lists = commas = 0
    for block in _outside_texts(data):
        opening = (block == ord("{")) | (block == ord("["))
        steps = opening.astype(np.int8) - ((block == ord("}")) | (block == ord("]")))
        deepest = max(deepest, depth + int(np.cumsum(steps, dtype=np.int32).max(initial=0)))
        depth += int(steps.sum(dtype=np.int64))
        objects += int((block == ord("{")).sum())
        lists += int((block == ord("[")).sum())
        commas += int((block == ord(",")).sum())
    count = objects + lists + commas
    if count > MAX_VALUES:
        raise ModelFormatError(f"{what}: expected at most {MAX_VALUES:,} values, got {count:,}")
    if deepest > MAX_DEPTH:
        raise ModelFormatError(f"{what}: expected at most {MAX_DEPTH} levels, got {deepest}")
    limit = 2 * len(data) + FREE_BYTES
    needed = _OBJECT * objects + _LIST * lists + _VALUE * count + _text_bytes(data)
    if needed > limit:
        raise ModelFormatError(
            f"{what}: expected a JSON document that takes up to {limit:,} bytes when parsed, got "
            f"one that takes about {needed:,}"
        )


def _text_bytes(data: bytes) -> int:
    """Give about what all text takes at most: as a whole while it is parsed, and in pieces."""
    everything = np.frombuffer(data, np.uint8)
    highest = int(everything.max(initial=0))
    whole = 4 if highest >= 0xF0 else 2 if highest >= 0xC4 else 1  # bytes that Python uses for each
    pieces = 4 if _SURROGATE.search(data) else max(whole, 2) if b"\\u" in data else whole
    starts = (everything < 0x80) | (everything >= 0xC0)
    return (whole + pieces) * int(starts.sum())


def _outside_texts(data: bytes) -> Iterator[NDArray[np.uint8]]:
    """Give the bytes that stand in no text, a block after another."""
    everything = np.frombuffer(data, np.uint8)
    is_inside = is_escaped = False
    for start in range(0, len(data), _BLOCK):
        block = everything[start : start + _BLOCK]
        places = np.arange(len(block), dtype=np.int32)
        # a quotation mark counts after an even number of backslashes
        last_other = np.maximum.accumulate(np.where(block == ord("\\"), -1, places))
        before = places - 1 - np.concatenate(([-1], last_other[:-1]))
        before += is_escaped & (before == places)
        quotes = (block == ord('"')) & (before % 2 == 0)
        inside = (np.cumsum(quotes, dtype=np.int32) + is_inside) % 2 == 1
        yield block[~inside]
        is_inside = bool(inside[-1])
        is_escaped = block[-1] == ord("\\") and before[-1] % 2 == 0


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is there twice: two readers may take different ones."""
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the key {name!r:.60} twice")
            seen.add(name)
    return result


def _check_texts(document: Any) -> None:
    """Raise a `ValueError` for a text, or a key, that is no Unicode."""
    stack = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack += value
            stack += value.values()
        elif isinstance(value, list):
            stack += value
        elif isinstance(value, str) and not value.isascii():
            value.encode()


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text}, which is not JSON")
