"""Datasets as one JSON file, as Marcelle downloads and uploads them.

Marcelle 0.6.5 in Chromium, with its stores in memory and in `localStorage`, reads what is written
here: the same vectors, bit by bit, labels, thumbnails and other fields, and images as ImageData.

- It takes over a `datasetName` that it finds, even into a dataset of another name, where the rows
  are then never seen: so none is written.
- It writes no more than the first 100 rows. Each has `datasetName`, `id` and dates; typed arrays
  are objects, `{"0": 0.5, "1": 1.5}`, and are read as lists; images (ImageData) have lost their
  sizes or all of themselves, and are refused.
- It uploads files whose type is `application/json`, which a browser finds by the ending `.json`.
"""

from __future__ import annotations

import base64
import json
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import DatasetFormatError
from marcelle_nb.image import encode_jpeg, is_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JPEG_QUALITY = 95
"""Marcelle makes images of JPEG data alone; at this quality few pixels differ by more than 5."""

MAX_DEPTH = 40
"""Levels of lists and objects in one instance."""

MAX_BYTES = 64 * 2**20
"""The longest text of one instance, which is in memory whole."""

MAX_VALUES = 2**22
"""The values in one instance, with those in its lists and objects: each takes memory and time."""


def write_json(instances: Iterable[Mapping[str, Any]], file: IO[bytes]) -> None:
    """Write instances as Marcelle 0.6 does, one after another.

    Parameters
    ----------
    instances : iterable of dict
        Read once, and not kept. Arrays become lists of numbers, images JPEG data URLs, which is
        what Marcelle turns into images again; a `.zip` keeps them exactly. `datasetName` is left
        out.
    file : binary file

    Raises
    ------
    DatasetFormatError
        If an instance holds what JSON cannot say, as NaN, or is larger than one that is read again.
    """
    file.write(b'{"marcelleMeta": {"type": "dataset"}, "instances": [')
    separator = b"\n"
    for instance in instances:
        row = {key: value for key, value in instance.items() if key != "datasetName"}
        file.write(separator + json_text(_written(row)))
        separator = b",\n"
    file.write(b"\n]}\n")


def json_text(row: Mapping[str, Any]) -> bytes:
    """Write a row of values of JSON; `DatasetFormatError` names the row, and the key where one is.

    It is no larger than what `read_json` reads.
    """
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise DatasetFormatError(
            f"{_odd_key(row)!s:.80} of instance {row.get('id')!r:.80}: expected what JSON can say,"
            f" as finite numbers, got {error}"[:300]
        ) from None
    n_values = 1 + sum(map(text.count, (b",", b"[", b"{")))  # as many, or more: texts have some too
    if n_values > MAX_VALUES:
        n_values = _n_values(row)
    if len(text) > MAX_BYTES or n_values > MAX_VALUES:
        raise DatasetFormatError(
            f"instance {row.get('id')!r:.80}: expected at most {MAX_BYTES:,} bytes of JSON and"
            f" {MAX_VALUES:,} values, got {len(text):,} and {n_values:,};"
            " a zip archive holds large arrays"
        )
    return text


def _written(value: Any, depth: int = 0) -> Any:
    if isinstance(value, np.ndarray):
        if is_image(value) and value.size:
            return "data:image/jpeg;base64," + _base64(encode_jpeg(value, JPEG_QUALITY))
        check_depth(depth + value.ndim)
        return value.tolist()
    if isinstance(value, list | dict):
        check_depth(depth + 1)
    if isinstance(value, list):
        return [_written(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: _written(item, depth + 1) for key, item in value.items()}
    return value


def check_depth(depth: int) -> None:
    """Refuse what is within more lists and objects than are read."""
    if depth > MAX_DEPTH:
        raise DatasetFormatError(f"dataset: expected at most {MAX_DEPTH} levels, got more")


def _n_values(value: object) -> int:
    """Count a value and those in it, as their reader does."""
    if isinstance(value, dict):
        return 1 + sum(map(_n_values, value.values()))
    return 1 + sum(map(_n_values, value)) if isinstance(value, list | tuple) else 1


def _odd_key(row: Mapping[str, Any]) -> str | None:
    for key, value in row.items():
        try:
            json.dumps({key: value}, ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError):
            return key
    return None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
