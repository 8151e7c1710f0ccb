"""The kind of a parameter that names a field of instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from marcelle_nb.data.query import path_of
from marcelle_nb.errors import BadRequest
from marcelle_nb.kinds import Kind


@dataclass(frozen=True)
class FieldName(Kind):
    """The name of a field, as a query takes it; a dot leads into an object."""

    type: ClassVar[str] = "field"

    def check(self, name: str, value: Any) -> str:
        """Return the name."""
        try:
            path_of(value, name)
        except BadRequest as error:
            raise ValueError(str(error)) from None
        return str(value)
