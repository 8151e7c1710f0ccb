"""The kinds of values that a parameter can take.

Each checks a value here, and tells the page which control to draw.
"""

from __future__ import annotations

import contextlib
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any, ClassVar


@dataclass(frozen=True)
class Kind(ABC):
    """What values a parameter takes; subclass it, name the control in `type`, and write `check`."""

    type: ClassVar[str] = "text"

    @abstractmethod
    def check(self, name: str, value: Any) -> Any:
        """Return the value in its plain Python form.

        Raises
        ------
        ValueError
            If it is out of range.
        TypeError
            If it is of another type. Both say name, rule and value.
        """

    def to_dict(self) -> dict[str, Any]:
        """Describe the kind for the page; limits that are not set are left out."""
        limits = {key: value for key, value in asdict(self).items() if value is not None}
        return {"type": self.type, **limits}


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number from `min` to `max`, both included."""

    type: ClassVar[str] = "integer"
    min: int | None = None
    max: int | None = None

    def check(self, name: str, value: Any) -> int:
        """Return a plain int; a bool is no number."""
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"{name}: expected {self._rule()}, got {_shown(value)}")
        if _outside(value, self.min, self.max):
            raise ValueError(f"{name}: expected {self._rule()}, got {_shown(int(value))}")
        return int(value)

    def _rule(self) -> str:
        return f"a whole number{_range(self.min, self.max)}"


@dataclass(frozen=True)
class Float(Kind):
    """A finite number from `min` to `max`, both included."""

    type: ClassVar[str] = "float"
    min: float | None = None
    max: float | None = None

    def check(self, name: str, value: Any) -> float:
        """Return a plain float; a bool is no number."""
        rule = f"a number{_range(self.min, self.max)}"
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{name}: expected {rule}, got {_shown(value)}")
        try:
            number = float(value)
        except OverflowError:  # a whole number beyond all floats
            number = math.inf
        if not math.isfinite(number) or _outside(number, self.min, self.max):
            raise ValueError(f"{name}: expected {rule}, got {_shown(value)}")
        return number


@dataclass(frozen=True)
class Boolean(Kind):
    """True or False."""

    type: ClassVar[str] = "boolean"

    def check(self, name: str, value: Any) -> bool:
        """Return a plain bool."""
        if not (isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}):
            raise TypeError(f"{name}: expected True or False, got {_shown(value)}")
        return bool(value)


@dataclass(frozen=True)
class Text(Kind):
    """A text of at most `max_length` characters."""

    type: ClassVar[str] = "text"
    max_length: int | None = None

    def check(self, name: str, value: Any) -> str:
        """Return the text."""
        if not isinstance(value, str):
            raise TypeError(f"{name}: expected a text, got {_shown(value)}")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValueError(
                f"{name}: expected at most {self.max_length} characters, got {len(value)}"
            )
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair: no page and no file could take it
            raise ValueError(f"{name}: expected a text, got {value!a:.80}") from None
        return str.__str__(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of several texts, or of several numbers."""

    type: ClassVar[str] = "choice"
    options: tuple[str | float, ...] = ()

    def check(self, name: str, value: Any) -> Any:
        """Return the option."""
        for option in self.options:
            # True is no 1; a page's 1 is a 1.0
            if _is_text(option) == _is_text(value) and not isinstance(value, bool):
                with contextlib.suppress(Exception):  # what cannot be compared is none of them
                    if bool(option == value):
                        return option
        options = ", ".join(map(str, self.options))
        raise ValueError(f"{name}: expected one of {options}, got {_shown(value)}")


@dataclass(frozen=True)
class IntegerList(Kind):
    """A list of whole numbers from `min` to `max`, at most `max_length` of them."""

    type: ClassVar[str] = "integer_list"
    min: int | None = None
    max: int | None = None
    max_length: int | None = None

    def check(self, name: str, value: Any) -> list[int]:
        """Return a new list of plain ints."""
        rule = f"a list of whole numbers{_range(self.min, self.max)}"
        try:
            values = list(value)
        except TypeError:
            values = None
        if values is None or isinstance(value, str | bytes | Mapping | AbstractSet):
            raise TypeError(f"{name}: expected {rule}, got {_shown(value)}")
        if self.max_length is not None and len(values) > self.max_length:
            raise ValueError(
                f"{name}: expected at most {self.max_length} numbers, got {len(values)}"
            )
        item = Integer(self.min, self.max)
        return [item.check(f"{name}[{place}]", number) for place, number in enumerate(values)]


@dataclass(frozen=True)
class FloatList(Kind):
    """A list of finite numbers."""

    type: ClassVar[str] = "float_list"

    def check(self, name: str, value: Any) -> list[float]:
        """Return a new list of plain floats."""
        try:
            values = list(value)
        except TypeError:
            values = None
        if values is None or isinstance(value, str | bytes | Mapping | AbstractSet):
            raise TypeError(f"{name}: expected a list of numbers, got {_shown(value)}")
        item = Float()
        return [item.check(f"{name}[{place}]", number) for place, number in enumerate(values)]


@dataclass(frozen=True)
class Fixed(Kind):
    """A value that a page shows and cannot write."""

    type: ClassVar[str] = "fixed"

    def check(self, name: str, value: Any) -> Any:
        """Refuse it."""
        raise TypeError(f"{name}: expected to be set in the kernel, got {_shown(value)}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _shown(value: Any) -> str:
    """Write a value into a message: not at length, and also one that cannot be written."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  such as an int of more than 4,300 digits
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:79]}…"


def _outside(value: Any, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" >= {low}"
    return f" <= {high}" if high is not None else ""
