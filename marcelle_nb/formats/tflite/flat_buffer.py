"""Reading of FlatBuffers that are not trusted, by a schema, with every offset checked."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TABLES = 400_000
"""Models have some thousands of tensors and operators; one table may be referred to many times."""

MAX_ELEMENTS = 8_000_000
"""Of all vectors together, bytes apart, which are only looked at where they lie."""

_SCALARS = {
    "?": np.dtype("?"),
    "b": np.dtype("i1"),
    "B": np.dtype("u1"),
    "H": np.dtype("<u2"),
    "i": np.dtype("<i4"),
    "I": np.dtype("<u4"),
    "f": np.dtype("<f4"),
    "q": np.dtype("<i8"),
    "Q": np.dtype("<u8"),
}
_FORMATS = {kind: struct.Struct("<" + kind) for kind in _SCALARS}
_OFFSET = struct.Struct("<I")
_BACK = struct.Struct("<i")
_VTABLE = struct.Struct("<HH")


@dataclass(frozen=True)
class Field:
    """One field of a table.

    Attributes
    ----------
    name : str
    kind : str
        A letter of `struct` for a number, `s` for text, a table's name, or `|` and the tables of
        a union, the first of which has the number 1.
    many : bool
        Whether it is a vector.
    default : object
        What holds where the file says nothing.
    """

    name: str
    kind: str
    many: bool = False
    default: Any = None


Schema = dict[str, tuple[Field, ...]]


def parse_schema(text: str, unions: Mapping[str, Mapping[int, str]] | None = None) -> Schema:
    """Read a schema: one table a line, its name and then its fields as `name:kind=default`.

    A line that begins with four blanks continues the one before. A kind in brackets is a vector.
    `|Name` is a union: its tables by number are in `unions`, and the number itself is the field
    before it.
    """
    schema = {}
    for line in text.strip().replace("\n    ", " ").splitlines():
        table, *words = line.split()
        schema[table] = tuple(_field(word) for word in words)
    for name, tables in (unions or {}).items():
        schema["|" + name] = tuple(
            Field(str(number), table) for number, table in sorted(tables.items())
        )
    return schema


def _field(word: str) -> Field:
    name, _, kind = word.partition(":")
    kind, _, default = kind.partition("=")
    many = kind.startswith("[")
    kind = kind.strip("[]")
    number = (float if kind == "f" else int)(default or 0) if kind in _SCALARS else None
    return Field(name, kind, many, None if many else number)


class FlatBuffer:
    """A FlatBuffer in memory, whose tables are read into dictionaries.

    Parameters
    ----------
    data : bytes
    schema : dict of str to tuple of Field
    what : str
        What messages call it.

    Notes
    -----
    Everything that the schema reaches is read, so what is not refused holds no offset that leaves
    the file. Fields that the schema does not know are passed over, as the format wants it.

    References
    ----------
    FlatBuffers, "Internals" (offsets, vtables, vectors and strings).
    """

    def __init__(self, data: bytes, schema: Schema, what: str) -> None:
        self.data = data
        self._schema = schema
        self._what = what
        self._tables = 0
        self._elements = 0

    def root(self, table: str) -> dict[str, Any]:
        """Read the whole buffer, whose root is `table`.

        Raises
        ------
        ModelFormatError
            If an offset, length or size does not fit the bytes.
        """
        try:
            return self._table(table, self._indirect(0), 0)
        except struct.error:
            raise self._refused("an offset inside the file", "one beyond its end") from None

    def _table(self, name: str, at: int, depth: int) -> dict[str, Any]:
        self._tables += 1
        if self._tables > MAX_TABLES or depth > 12:
            raise self._refused(f"at most {MAX_TABLES:,} tables, 12 deep", "more")
        vtable = at - _BACK.unpack_from(self.data, at)[0]
        if vtable < 0 or at % 4 or vtable % 2:
            raise self._refused(f"a table {name}", f"no such at byte {at:,}")
        extent, size = _VTABLE.unpack_from(self.data, vtable)
        if extent < 4 or extent % 2 or size < 4:
            raise self._refused(f"a table {name}", f"sizes {extent} and {size}")
        self._inside(vtable, extent)
        self._inside(at, size)
        slots = struct.unpack_from(f"<{extent // 2 - 2}H", self.data, vtable + 4)
        values: dict[str, Any] = {}
        union = 0
        for field, slot in zip(self._schema[name], slots, strict=False):
            if field.kind[0] == "|":
                values[field.name] = self._union(field, at + slot if slot else 0, union, depth)
            elif slot:
                width = 4 if field.many else _width(field.kind)
                if slot < 4 or slot + width > size:
                    raise self._refused(f"{name}.{field.name} inside its table", "one beyond it")
                values[field.name] = self._value(field, at + slot, depth)
            else:
                values[field.name] = _missing(field)
            union = values[field.name] if field.kind == "B" and not field.many else 0
        for field in self._schema[name][len(slots) :]:
            values[field.name] = _missing(field)
        return values

    def _union(self, field: Field, at: int, number: int, depth: int) -> dict[str, Any] | None:
        """Read the table of a union; one that the schema does not know is passed over."""
        if not at or not number:
            return None
        tables = {int(known.name): known.kind for known in self._schema[field.kind]}
        if number not in tables:
            return None
        return self._table(tables[number], self._indirect(at), depth + 1)

    def _value(self, field: Field, at: int, depth: int) -> Any:
        if field.many:
            return self._vector(field, self._indirect(at), depth)
        if field.kind == "s":
            return self._text(self._indirect(at))
        if field.kind in _FORMATS:
            return _FORMATS[field.kind].unpack_from(self.data, at)[0]
        return self._table(field.kind, self._indirect(at), depth + 1)

    def _vector(self, field: Field, at: int, depth: int) -> Any:
        (length,) = _OFFSET.unpack_from(self.data, at)
        dtype = _SCALARS.get(field.kind)
        width = dtype.itemsize if dtype else 4
        self._inside(at, 4 + length * width)
        self._elements += length if width > 1 else 1
        if self._elements > MAX_ELEMENTS or (at % 4 and width > 1):
            raise self._refused(f"at most {MAX_ELEMENTS:,} aligned elements", f"{length:,} more")
        if dtype:
            return np.frombuffer(self.data, dtype, length, at + 4)
        places = (self._indirect(at + 4 + 4 * index) for index in range(length))
        if field.kind == "s":
            return [self._text(place) for place in places]
        return [self._table(field.kind, place, depth + 1) for place in places]

    def _text(self, at: int) -> str:
        (length,) = _OFFSET.unpack_from(self.data, at)
        self._inside(at, 4 + length + 1)
        self._elements += length
        if self._elements > MAX_ELEMENTS:
            raise self._refused(f"at most {MAX_ELEMENTS:,} characters", "more")
        end = at + 4 + length
        if self.data[end] != 0:  # readers in C take text up to the zero
            raise self._refused("text that ends with a zero", f"none at byte {end:,}")
        return self.data[at + 4 : end].decode("utf-8", "replace")

    def _indirect(self, at: int) -> int:
        offset: int = _OFFSET.unpack_from(self.data, at)[0]
        if not 0 < offset < 2**31:
            raise self._refused("an offset forwards", f"{offset:,} at byte {at:,}")
        return at + offset

    def _inside(self, at: int, size: int) -> None:
        if at < 0 or at + size > len(self.data):
            raise self._refused(
                f"{size:,} bytes at byte {at:,}", f"a file of {len(self.data):,} bytes"
            )

    def _refused(self, expected: str, got: str) -> ModelFormatError:
        return ModelFormatError(f"{self._what}: expected {expected}, got {got}")


def _width(kind: str) -> int:
    return _SCALARS[kind].itemsize if kind in _SCALARS else 4


def _missing(field: Field) -> Any:
    return (
        np.empty(0, _SCALARS[field.kind])
        if field.many and field.kind in _SCALARS
        else ([] if field.many else field.default)
    )
