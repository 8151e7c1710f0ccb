"""Models that Marcelle keeps as one JSON document: its name, its format, and all in `metadata`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.models.packed_model import PackedModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def model_json(name: str, kind: str, metadata: Mapping[str, Any]) -> bytes:
    """Write a model as Marcelle downloads it; arrays become lists of numbers.

    Raises
    ------
    ModelFormatError
        If there is something in the metadata that JSON cannot say.
    """
    document = {"name": name, "files": [], "format": kind, "metadata": metadata}
    try:
        text = json.dumps(
            document, default=_listed, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return text.encode()
    except (TypeError, ValueError) as error:
        raise ModelFormatError(
            f"metadata: expected what JSON can say, got {error}"[:300]
        ) from error


def packed_json(format: str, metadata: Mapping[str, Any], features: str | None) -> PackedModel:
    """Pack a model that is all in its metadata, with the image features that made its rows."""
    told = {} if features is None else {"features": features}
    return PackedModel(format, {**metadata, **told})


def check_format(packed: PackedModel, format: str) -> None:
    """Refuse a model of another kind; Marcelle's first versions say none.

    Raises
    ------
    ModelFormatError
        If it says another.
    """
    if packed.format not in (format, ""):
        raise ModelFormatError(f"format: expected {format!r}, got {packed.format!r:.60}")


def write_model_json(name: str, packed: PackedModel) -> bytes:
    """Write a model that `read_model_json` reads again.

    Raises
    ------
    ModelFormatError
        If JSON cannot say it, or nobody would read it: it is too large.
    """
    data = model_json(name, packed.format, packed.metadata)
    parse_json(data, f"{name}.json")
    return data


def read_model_json(files: Mapping[str, bytes], format: str, key: str) -> PackedModel:
    """Read what `write_model_json` wrote, or Marcelle.

    Parameters
    ----------
    files : mapping of str to bytes
        One file.
    format : str
        What its `format` must be; Marcelle's first versions write none.
    key : str
        What must stand in its metadata.

    Raises
    ------
    ModelFormatError
        If it is something else.
    """
    if len(files) != 1:
        raise ModelFormatError(f"files: expected one .json file, got {[*files]!a:.100}")
    ((name, data),) = files.items()
    document = parse_json(data, "file")
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or key not in metadata:
        raise ModelFormatError(
            f"file: expected a model of Marcelle with metadata.{key}, got {name!a:.80} without"
        )
    told = document.get("format", format)
    if told != format:
        raise ModelFormatError(f"format: expected {format!r}, got {told!a:.60}")
    return PackedModel(format, metadata)


def finite_array(what: str, given: Any, n_axes: int) -> NDArray[np.float64]:
    """Check numbers that came from outside, as lists or as an array.

    Returns
    -------
    float64, with `n_axes` axes
        None of them of length 0, but that of a single one.

    Raises
    ------
    ModelFormatError
        If they are something else, or not finite.
    """
    try:
        array = np.asarray(given)
    except ValueError:  # rows of several widths
        array = np.empty(0, object)
    if array.size == 0 and array.ndim == n_axes == 1:
        return np.empty(0)
    if array.ndim != n_axes or not array.size or array.dtype.kind not in "fiu":
        rows = "rows of numbers, of one width" if n_axes == 2 else "numbers"
        raise ModelFormatError(f"{what}: expected {rows}, got something else")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ModelFormatError(f"{what}: expected finite numbers, got NaN or infinity")
    return numbers


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no value of JSON")
