"""A parameter whose value is that of a stream which somebody else owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.kinds import (
    Boolean,
    Choice,
    Fixed,
    Float,
    FloatList,
    Integer,
    IntegerList,
    Kind,
    Text,
)
from marcelle_nb.parameter import Parameter
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES: Mapping[str, tuple[Kind, ...]] = {
    "boolean": (Boolean(),),
    "number": (Integer(), Float()),
    "number array": (IntegerList(), FloatList()),
    "text": (Text(),),
}
"""The kinds of each type of control: the first that takes the value is that of the control."""

MAX_SHOWN = 200
"""Characters of a value that no control can show."""


class LinkedParameter(Parameter[Any]):
    """A parameter that a page can write, whose value is that of a stream somewhere else.

    Parameters
    ----------
    name : str
        As in error messages.
    source : Stream
        Whose values `follow` is to be called with; `set` writes it. Where it is a `Parameter`, its
        own rules hold.
    type : {"auto", "menu", "text", "boolean", "number", "number array"}
        Which control the page draws; "auto" decides by the value, and again where a later value is
        of another type.
    options : tuple of str or numbers
        Of a menu.

    Raises
    ------
    TypeError, ValueError
        If the present value is not of this type.
    """

    def __init__(
        self, name: str, source: Stream[Any], type: str = "auto", options: tuple[Any, ...] = ()
    ) -> None:
        self.name = name
        self._source = source
        self._type = type
        self._options = options
        value = self._given(source.value)
        self.kind = self._kind_for(value)
        Stream.__init__(self, self._plain(value))

    def set(self, value: Any) -> None:
        """Check a value and write the source."""
        self._source.set(self.kind.check(self.name, value))

    def follow(self, value: Any) -> None:
        """Take a value that the source has now.

        Raises
        ------
        TypeError, ValueError
            If the type was chosen by hand, and the value is of another: the old one stays.
        """
        value = self._given(value)
        self.kind = self._kind_for(value)
        Stream.set(self, self._plain(value))

    def to_dict(self) -> dict[str, Any]:
        """Describe the control for the page."""
        return {**self.kind.to_dict(), "name": self.name}

    def _given(self, value: Any) -> Any:
        """Take a stream without a value yet for an empty text."""
        return "" if value is None and self._type in {"auto", "text"} else value

    def _plain(self, value: Any) -> Any:
        return _text(value) if isinstance(self.kind, Fixed) else self.kind.check(self.name, value)

    def _kind_for(self, value: Any) -> Kind:
        """Give the kind of the control for a value."""
        own = self._source.kind if isinstance(self._source, Parameter) else None
        if own is not None and self._type == "auto":
            return own
        *first, last = self._kinds(value, own)
        kind = next((kind for kind in first if _takes(kind, value)), last)
        if self._type == "auto":
            return kind if _takes(kind, value) else Fixed()
        kind.check(self.name, value)
        return kind if own is None or self._type == "menu" else own

    def _kinds(self, value: Any, own: Kind | None) -> tuple[Kind, ...]:
        if self._type != "menu":
            return TYPES.get(self._type) or _kinds_of(value)
        if own is not None:
            for option in self._options:
                own.check(self.name, option)
        return (Choice(self._options),)


def _kinds_of(value: Any) -> tuple[Kind, ...]:
    """Give the kinds that a value may be of, by its type."""
    if isinstance(value, str):
        return (Text(),)
    if isinstance(value, list | tuple):
        return TYPES["number array"] if len(value) else (FloatList(),)
    return (*TYPES["boolean"], *TYPES["number"])


def _takes(kind: Kind, value: Any) -> bool:
    try:
        kind.check("", value)
    except (TypeError, ValueError):
        return False
    return True


def _text(value: Any) -> str:
    try:
        text = ascii(value) if isinstance(value, str) else str(value)
    except Exception:  # noqa: BLE001 - a value of a class of the user's own
        text = f"a value of type {type(value).__name__}"
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
