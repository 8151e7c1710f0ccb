"""JSON that was written by somebody else, read with limits."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np

from marcelle_nb.errors import ModelFormatError

MAX_BYTES = 64 * 2**20
"""The largest topology of a real model is a tenth of this."""

MAX_VALUES = 4_000_000
"""A value of two bytes in the file takes up to a hundred in memory."""

MAX_DEPTH = 100

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
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
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"{what}: expected a JSON document, got {error}"[:300]) from error
    return value


def _check_extent(data: bytes, what: str) -> None:
    """Refuse a document by its size, depth and number of values, all without parsing it."""
    if len(data) > MAX_BYTES:
        raise ModelFormatError(
            f"{what}: expected a JSON document of at most {MAX_BYTES:,} bytes, got {len(data):,}"
        )
    brackets = np.frombuffer(_STRING.sub(b"", data), np.uint8)
    opening = (brackets == ord("{")) | (brackets == ord("["))
    closing = (brackets == ord("}")) | (brackets == ord("]"))
    count = int(opening.sum()) + int((brackets == ord(",")).sum())
    if count > MAX_VALUES:
        raise ModelFormatError(f"{what}: expected at most {MAX_VALUES:,} values, got {count:,}")
    steps = np.where(opening[opening | closing], 1, -1)
    depth = int(np.cumsum(steps).max(initial=0))
    if depth > MAX_DEPTH:
        raise ModelFormatError(f"{what}: expected at most {MAX_DEPTH} levels, got {depth}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that is there twice: two readers may take different ones."""
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r:.60} twice")
    return result


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text}, which is not JSON")
