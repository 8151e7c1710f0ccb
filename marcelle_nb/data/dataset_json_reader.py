"""Reads datasets of one JSON file, see `dataset_json`, one instance at a time."""

from __future__ import annotations

import base64
import binascii
import math
from codecs import BOM_UTF8
from contextlib import suppress
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from marcelle_nb.data.dataset_json import MAX_BYTES, MAX_VALUES, check_depth
from marcelle_nb.data.json_escapes import JSONEscapes
from marcelle_nb.data.json_values import MAX_WHOLE
from marcelle_nb.errors import DatasetFormatError, ImageRejected
from marcelle_nb.image import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal
    from typing import TypeAlias

    Events: TypeAlias = Iterator[tuple[str, Any]]

# What is read at once: of small pieces few values are in memory before they are taken; but a text
# over several pieces is gone through again for each of them.
_PIECE, _LARGE_PIECE = 2**16, 2**20

_TOO_LARGE = "integer overflow"
"""What the fast parser says of whole numbers of more than 64 bits."""

_DATA_URL = "data:image/"


def read_json(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Read instances one after another from a file that `write_json` or Marcelle wrote.

    Parameters
    ----------
    file : binary file
        At its beginning, and one in which `seek` works.

    Yields
    ------
    dict
        As it stands in the file, with `x` decoded where it is an image's data URL, and whole
        numbers beyond 2^53 as the doubles that they are in JavaScript.

    Raises
    ------
    DatasetFormatError
        If it is no JSON, or no dataset of Marcelle, or an instance in it is beyond `MAX_BYTES` or
        `MAX_VALUES`.
    """
    import ijson

    n_read = 0
    try:
        for row in _rows(file, use_float=True):
            n_read += 1
            yield row
    except ijson.JSONError as error:
        if _TOO_LARGE not in str(error):
            raise _no_json(error) from error
    else:
        return
    file.seek(0)
    try:
        yield from islice(_rows(file, use_float=False), n_read, None)
    except ijson.JSONError as error:
        raise _no_json(error) from error


def _rows(file: IO[bytes], *, use_float: bool) -> Iterator[dict[str, Any]]:
    """Read instances; `use_float` is fast, and fails at whole numbers of more than 64 bits."""
    import ijson

    if file.read(len(BOM_UTF8)) != BOM_UTF8:
        file.seek(0)
    pieces = _Pieces(file)
    events = ijson.basic_parse(pieces, use_float=use_float, buf_size=_LARGE_PIECE)
    try:
        yield from _instances(events, pieces)
    except DatasetFormatError:
        raise
    except UnicodeDecodeError as error:
        raise _no_json(error) from error
    except (ValueError, SystemError) as error:  # Python refuses them, in the parser's midst
        raise DatasetFormatError(
            "dataset: expected numbers of at most 4,300 digits, got more"
        ) from error


def _no_json(error: BaseException) -> DatasetFormatError:
    return DatasetFormatError(f"dataset: expected a JSON file, got {error}"[:300])


class _Pieces:
    """A file that is read piece by piece, and not too many of them for one instance."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._n_bytes = 0
        self._escapes = JSONEscapes()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, max(_PIECE, self._n_bytes // 4)))
        self._escapes.check(data)
        self._n_bytes += len(data)
        if self._n_bytes > MAX_BYTES + _LARGE_PIECE:  # which may have begun before the instance
            raise DatasetFormatError(
                f"dataset: expected instances of at most {MAX_BYTES:,} bytes, got a larger one"
            )
        return data

    def start_instance(self) -> None:
        self._n_bytes = 0


def _instances(events: Events, pieces: _Pieces) -> Iterator[dict[str, Any]]:
    """Read the file's one object; of its values, keep only one instance at a time."""
    found = False
    if next(events)[0] != "start_map":
        raise DatasetFormatError("dataset: expected a JSON object, got another value")
    while (entry := next(events))[0] != "end_map":
        key, first = entry[1], next(events)
        if key == "instances":
            found = True
            if first[0] != "start_array":
                raise DatasetFormatError("instances: expected a list, got another value")
            while (event := next(events))[0] != "end_array":
                yield _read(_object(key, event, events))
                pieces.start_instance()
        elif key == "marcelleMeta":
            _check_type(_object(key, first, events))
        else:
            _value(first, events)
    for _ in events:  # raises where something follows the object
        pass
    if not found:
        raise DatasetFormatError('dataset: expected a list "instances", got a file without one')


def _value(event: tuple[str, Any], events: Events) -> Any:
    """Build the value that begins with an event."""
    from ijson import ObjectBuilder

    builder, depth, n_values = ObjectBuilder(), 0, 0
    while True:
        if event[0] == "number" and type(event[1]) is not float:
            event = "number", _number(event[1])
        builder.event(*event)
        depth += (event[0] in ("start_map", "start_array")) - (event[0] in ("end_map", "end_array"))
        if depth == 0 and event[0] != "map_key":
            return builder.value
        check_depth(depth)
        n_values += event[0] not in ("map_key", "end_map", "end_array")
        if n_values > MAX_VALUES:
            raise DatasetFormatError(
                f"dataset: expected at most {MAX_VALUES:,} values in an instance, got more"
            )
        event = next(events)


def _number(given: int | Decimal) -> float:
    """Read a number as JavaScript does: whole ones beyond 2^53 are doubles."""
    if isinstance(given, int) and -MAX_WHOLE <= given <= MAX_WHOLE:
        return given
    number = math.inf
    with suppress(OverflowError):
        number = float(given)
    if math.isinf(number):
        raise DatasetFormatError(f"dataset: expected numbers within 1.8e308, got {given!s:.20}…")
    return number


def _object(key: str, event: tuple[str, Any], events: Events) -> dict[str, Any]:
    value = _value(event, events)
    if not isinstance(value, dict):
        raise DatasetFormatError(f"{key}: expected a JSON object, got {value!r:.80}")
    return value


def _check_type(meta: dict[str, Any]) -> None:
    if meta.get("type") != "dataset":
        raise DatasetFormatError(
            f"marcelleMeta: expected type 'dataset', got {meta.get('type')!r:.80}"
        )


def _read(instance: dict[str, Any]) -> dict[str, Any]:
    x = instance.get("x")
    if isinstance(x, str) and x.startswith(_DATA_URL):
        try:
            data = base64.b64decode(x.partition(",")[2], validate=True)
            instance["x"] = decode(data)
        except (binascii.Error, ImageRejected) as error:
            raise DatasetFormatError(
                f"x of instance {instance.get('id')!r:.80}: expected an image, got {error}"
            ) from error
    elif isinstance(x, dict):
        instance["x"] = _typed_array(x, instance)
    return instance


def _typed_array(x: dict[str, Any], instance: dict[str, Any]) -> list[Any]:
    """Read what `JSON.stringify` makes of a typed array."""
    if not x or any(key != str(place) for place, key in enumerate(x)):
        raise DatasetFormatError(
            f"x of instance {instance.get('id')!r:.80}: expected numbers or an image's data URL,"
            f" got {x!r:.60}; Marcelle cannot download images as x, only vectors"
        )
    return list(x.values())
