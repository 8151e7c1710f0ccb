"""The table of contents of TensorFlow.js weights: which tensors lie in which files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import MAX_FILES
from marcelle_nb.formats.tfjs.quantization import QUANTIZATIONS, Quantization
from marcelle_nb.formats.tfjs.weight_spec import BYTES, WeightSpec

__all__ = ["WeightGroup", "WeightSpec", "parse_manifest", "parse_spec"]

T = TypeVar("T")

MAX_BYTES = 2**31
"""What all tensors of a model may take together, in memory."""

MAX_WEIGHTS = 50_000
MAX_RANK = 16

MAX_TEXTS = 1_000_000
"""All texts of a model together: each is read by itself."""


@dataclass(frozen=True)
class WeightGroup:
    """Tensors that lie one after another in a list of files.

    Attributes
    ----------
    paths : tuple of str
        Relative to the file that holds the manifest.
    specs : tuple of WeightSpec
    """

    paths: tuple[str, ...]
    specs: tuple[WeightSpec, ...]


def parse_manifest(raw: Any, what: str) -> list[WeightGroup]:
    """Read a weights manifest.

    Parameters
    ----------
    raw : list of dict
        The parsed JSON under `weightsManifest`.
    what : str
        What messages call the file.

    Returns
    -------
    list of WeightGroup

    Raises
    ------
    ModelFormatError
        If a field is missing or of another kind, two weights have one name, or all together would
        take more than 2 GiB; or if there are more groups, files, weights or texts than in a model.
    """
    _check_counts(_typed(raw, list, f"{what}: weightsManifest"), what)
    groups = [
        WeightGroup(
            tuple(
                _typed(path, str, f"{what}: path") for path in _field(group, "paths", list, what)
            ),
            tuple(parse_spec(spec, what) for spec in _field(group, "weights", list, what)),
        )
        for group in raw
    ]
    specs = [spec for group in groups for spec in group.specs]
    names: set[str] = set()
    for spec in specs:
        if spec.name in names:
            raise ModelFormatError(f"{what}: expected one weight {spec.name!r:.100}, got two")
        names.add(spec.name)
    total = sum(spec.size * BYTES[spec.dtype] for spec in specs)
    if total > MAX_BYTES:
        raise ModelFormatError(
            f"{what}: expected weights of at most {MAX_BYTES:,} bytes, got {total:,}"
        )
    texts = sum(spec.size for spec in specs if spec.dtype == "string")
    if texts > MAX_TEXTS:
        raise ModelFormatError(f"{what}: expected at most {MAX_TEXTS:,} texts, got {texts:,}")
    return groups


def _check_counts(raw: list[Any], what: str) -> None:
    """Count before anything is made of what there is."""
    if len(raw) > MAX_FILES:
        raise ModelFormatError(f"{what}: expected at most {MAX_FILES:,} groups, got {len(raw):,}")
    for key, limit in (("paths", MAX_FILES), ("weights", MAX_WEIGHTS)):
        count = sum(len(_field(group, key, list, what)) for group in raw)
        if count > limit:
            raise ModelFormatError(f"{what}: expected at most {limit:,} {key}, got {count:,}")


def parse_spec(raw: Any, what: str) -> WeightSpec:
    """Read one entry of a weights manifest."""
    name = _field(raw, "name", str, what)
    what = f"{what}: {name!r:.100}"
    shape = tuple(_field(raw, "shape", list, what))
    if len(shape) > MAX_RANK or not all(type(n) is int and 0 <= n < MAX_BYTES for n in shape):
        raise ModelFormatError(f"{what}: expected a shape of whole numbers, got {_sizes(shape)}")
    # without the zeros: arrays are limited by the other sizes, even where they are empty
    if math.prod(n for n in shape if n) > MAX_BYTES:
        raise ModelFormatError(
            f"{what}: expected at most {MAX_BYTES:,} values, got {_sizes(shape)}"
        )
    dtype = _field(raw, "dtype", str, what)
    if dtype not in BYTES:
        raise ModelFormatError(f"{what}: expected a dtype of {', '.join(BYTES)}, got {dtype!r:.40}")
    group = raw.get("group")
    if group is not None:
        _typed(group, str, f"{what}: group")
    return WeightSpec(
        name, shape, dtype, _quantization(raw.get("quantization"), dtype, what), group
    )


def _quantization(raw: Any, dtype: str, what: str) -> Quantization | None:
    if raw is None:
        return None
    stored = _field(raw, "dtype", str, f"{what}: quantization")
    originals = {"float16": ("float32",)}.get(stored, ("float32", "int32"))
    if stored not in QUANTIZATIONS or dtype not in originals:
        raise ModelFormatError(
            f"{what}: expected float32 as {', '.join(QUANTIZATIONS)}, or int32 as the first two, "
            f"got {dtype} as {stored!r:.40}"
        )
    if stored == "float16":
        return Quantization(stored)
    return Quantization(stored, _number(raw, "min", what), _number(raw, "scale", what))


def _number(raw: dict[str, Any], key: str, what: str) -> float:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelFormatError(f"{what}: expected a number {key!r}, got {_shown(value)}")
    if not abs(value) < 1e300:
        raise ModelFormatError(f"{what}: expected a finite {key!r}, got {_shown(value)}")
    return float(value)


def _field(raw: Any, key: str, kind: type[T], what: str) -> T:
    if not isinstance(raw, dict) or key not in raw:
        raise ModelFormatError(f"{what}: expected an object with {key!r}, got {_shown(raw)}")
    return _typed(raw[key], kind, f"{what}: {key}")


def _typed(value: Any, kind: type[T], what: str) -> T:
    if not isinstance(value, kind):
        raise ModelFormatError(f"{what}: expected a {kind.__name__}, got {_shown(value)}")
    return value


def _sizes(shape: tuple[Any, ...]) -> str:
    return ", ".join(_shown(n) for n in shape[:MAX_RANK])


def _shown(value: Any) -> str:
    """Give a value for a message; of a large one, its type, since its text may be gigabytes."""
    return type(value).__name__ if isinstance(value, dict | list) else f"{value!r:.60}"
