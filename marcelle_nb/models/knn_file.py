"""The rows of a KNN as Marcelle's JSON file."""

from __future__ import annotations

import array
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from numpy.typing import NDArray

    Events: TypeAlias = Iterator[tuple[str, Any]]

MAX_BYTES = 2**29
MAX_NUMBERS = 2**26
"""Of all rows together: 256 MB as an array."""

MAX_VALUES, MAX_DEPTH = 1_000_000, 32
"""Of all that is no row."""

_PIECE = 2**20
_NUMBERS = ("integer", "double", "number")


def read_knn_json(data: bytes) -> dict[str, Any]:
    """Read what Marcelle, of any version, downloads of a KNN.

    Returns
    -------
    dict
        As it stands in the file, `metadata["data"]` as one float32 array of rows a label.

    Raises
    ------
    ModelFormatError
        If it is no JSON object, larger than a model is, or its rows are not numbers in rows of one
        width. Marcelle writes null where a row had no length; it is read as 0.
    """
    import ijson

    if len(data) > MAX_BYTES:
        raise ModelFormatError(f"file: expected at most {MAX_BYTES:,} bytes, got {len(data):,}")
    stream = io.BytesIO(data.removeprefix(b"\xef\xbb\xbf"))
    try:
        events = ijson.basic_parse(stream, use_float=True, buf_size=_PIECE)
        document = _Reader(events).document()
        for _ in events:  # raises where something follows
            pass
    except (ijson.JSONError, UnicodeDecodeError, OverflowError, StopIteration) as error:
        reason = (str(error) or "one that ends too early").splitlines()[0]
        raise ModelFormatError(f"file: expected a JSON file, got {reason:.200}") from error
    return document


class _Reader:
    """One walk through a file; rows never become lists of Python's numbers."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._values = self._numbers = 0

    def document(self) -> dict[str, Any]:
        event = next(self._events)
        if event[0] != "start_map":
            raise ModelFormatError("file: expected a JSON object, got another value")
        return self._map(())

    def _map(self, path: tuple[str, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while (event := next(self._events))[0] != "end_map":
            key = event[1]
            if key in result:
                raise ModelFormatError(f"file: expected each key once, got {key!r:.60} twice")
            inside = (*path, key)
            is_rows = len(inside) == 3 and inside[:2] == ("metadata", "data")
            first = next(self._events)
            result[key] = self._rows(key, first) if is_rows else self._value(first, inside)
        return result

    def _value(self, event: tuple[str, Any], path: tuple[str, ...]) -> Any:
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            raise ModelFormatError("file: expected the metadata of a KNN, got more or deeper ones")
        if event[0] == "start_map":
            return self._map(path)
        if event[0] != "start_array":
            return event[1]
        result = []
        while (event := next(self._events))[0] != "end_array":
            result.append(self._value(event, (*path, "")))
        return result

    def _rows(self, label: str, event: tuple[str, Any]) -> NDArray[np.float32]:
        numbers, widths = array.array("f"), set[int]()
        n_rows = 0
        if event[0] != "start_array":
            raise _no_rows(label, event)
        while (event := next(self._events))[0] != "end_array":
            if event[0] != "start_array":
                raise _no_rows(label, event)
            widths.add(self._row(label, numbers))
            n_rows += 1
            if len(widths) > 1:
                raise ModelFormatError(
                    f"rows of {label!a:.60}: expected one width, got {sorted(widths)}"
                )
        width = widths.pop() if widths else 0
        return np.frombuffer(numbers.tobytes(), np.float32).reshape(n_rows, width)

    def _row(self, label: str, numbers: array.array[float]) -> int:
        before = len(numbers)
        for event in self._events:
            if event[0] == "end_array":
                break
            if event[0] not in _NUMBERS and event[0] != "null":
                raise _no_rows(label, event)
            numbers.append(event[1] or 0.0)
        self._numbers += len(numbers) - before
        if self._numbers > MAX_NUMBERS:
            raise ModelFormatError(f"rows: expected at most {MAX_NUMBERS:,} numbers, got more")
        return len(numbers) - before


def _no_rows(label: str, event: tuple[str, Any]) -> ModelFormatError:
    return ModelFormatError(
        f"rows of {label!a:.60}: expected rows of numbers, got {event[1]!r:.40} ({event[0]})"
    )
