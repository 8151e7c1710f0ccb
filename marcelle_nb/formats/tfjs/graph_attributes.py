"""The attributes of nodes as JSON, in the spellings of all converters."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def fill_attribute(target: Any, raw: Any) -> None:
    """Fill an `AttrValue` from its JSON.

    Fields that are empty count as absent, save in lists: an old file writes every field of a list.

    Parameters
    ----------
    target : tensorflow.core.framework.attr_value_pb2.AttrValue
    raw : dict
        With one of `s i f b type shape tensor list func placeholder`.

    Raises
    ------
    ValueError, TypeError, KeyError, AttributeError
        If a value is of another kind than its field.
    """
    if not isinstance(raw, dict):
        raise TypeError(f"an attribute that is {type(raw).__name__}")
    if not raw:
        return
    for field, value in raw.items():
        if field in _SCALARS:
            setattr(target, field, _SCALARS[field](value))
        elif field == "shape":
            fill_shape(target.shape, value)
        elif field == "tensor":
            _fill_tensor(target.tensor, value)
        elif field == "func":
            _fill_function(target.func, value)
        elif field == "list":
            _fill_list(target.list, value)
        else:
            raise ValueError(f"an attribute with {field[:60]!r}")


def fill_shape(target: Any, raw: Any) -> None:
    """Fill a `TensorShapeProto`; sizes are numbers or, as JSON writes 64 bits, texts."""
    target.SetInParent()
    if raw.get("unknownRank"):
        target.unknown_rank = True
        return
    for dim in raw.get("dim") or ():
        target.dim.add().size = _integer(dim.get("size") or 0)


def text(raw: Any) -> bytes:
    """Read a text: base 64, or a list of character codes, as converters before 2018 wrote it."""
    if isinstance(raw, list):
        return bytes(raw)
    return base64.b64decode(raw, validate=False) if raw else b""


def type_number(raw: Any) -> int:
    """Read a type: its name, as `DT_FLOAT`, or its number."""
    from tensorflow.core.framework import types_pb2

    if isinstance(raw, str) and not raw.lstrip("-").isdigit():
        return int(types_pb2.DataType.Value(raw))
    number = _integer(raw)
    types_pb2.DataType.Name(number)  # an unknown one raises
    return number


def shortened(error: BaseException) -> str:
    """Give what an exception says, short enough for a message."""
    return f"{type(error).__name__}: {str(error)[:200]}"


def _integer(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str | float):
        raise TypeError(f"{type(raw).__name__} for a whole number")
    number = int(raw)
    if isinstance(raw, float) and number != raw:
        raise ValueError(f"{raw} for a whole number")
    return number


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise TypeError(f"{type(raw).__name__} for true or false")
    return raw


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "s": text,
    "i": _integer,
    "f": float,  # also "NaN", "Infinity" and "-Infinity", as JSON lacks them
    "b": _flag,
    "type": type_number,
    "placeholder": str,
}


def _fill_list(target: Any, raw: Any) -> None:
    target.SetInParent()
    for field, values in raw.items():
        if field in _SCALARS:
            getattr(target, field).extend(_SCALARS[field](value) for value in values or ())
            continue
        fill = {"shape": fill_shape, "tensor": _fill_tensor, "func": _fill_function}[field]
        for value in values or ():
            fill(getattr(target, field).add(), value)


def _fill_function(target: Any, raw: Any) -> None:
    target.name = raw.get("name") or ""
    for key, value in (raw.get("attr") or {}).items():
        fill_attribute(target.attr[key], value)


_NUMBERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "intVal": ("int_val", _integer),
    "int64Val": ("int64_val", _integer),
    "uint32Val": ("uint32_val", _integer),
    "uint64Val": ("uint64_val", _integer),
    "halfVal": ("half_val", _integer),
    "floatVal": ("float_val", float),
    "doubleVal": ("double_val", float),
    "scomplexVal": ("scomplex_val", float),
    "dcomplexVal": ("dcomplex_val", float),
    "boolVal": ("bool_val", _flag),
    "stringVal": ("string_val", text),
}


def _fill_tensor(target: Any, raw: Any) -> None:
    target.SetInParent()
    target.dtype = type_number(raw.get("dtype") or 0)
    fill_shape(target.tensor_shape, raw.get("tensorShape") or {})
    if raw.get("tensorContent"):
        target.tensor_content = text(raw["tensorContent"])
    for field, (name, read) in _NUMBERS.items():
        if raw.get(field):
            getattr(target, name).extend(read(value) for value in raw[field])
