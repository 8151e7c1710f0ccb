"""Reactive parameters: declared once in a class body, kept in a stream, checked when written."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from marcelle_nb.kinds import Kind

T = TypeVar("T")


class Parameter(Stream[T]):
    """A held stream that only takes values of its kind.

    Parameters
    ----------
    name : str
        As written in messages.
    kind : Kind
        Checks each value.
    value
        The first value.

    Raises
    ------
    ValueError, TypeError
        From `set` and from the constructor; a refused value changes nothing and emits nothing.
    """

    def __init__(self, name: str, kind: Kind, value: T) -> None:
        super().__init__(kind.check(name, value))
        self.name = name
        self.kind = kind

    def _peek(self) -> T:
        value = super()._peek()
        # a list that a caller changes must not change the parameter without a check
        return copy(value) if isinstance(value, list) else value

    def set(self, value: T) -> None:
        """Check a value and emit it."""
        super().set(self.kind.check(self.name, value))


class Parameters:
    """The parameters of one component, as attributes: `model.parameters.epochs` is a `Parameter`.

    Iterating gives the names in the order of their declaration.
    """

    def __init__(self, owner: type, values: Mapping[str, Any]) -> None:
        declared = declarations(owner)
        for name in values:
            if name not in declared:
                raise TypeError(
                    f"{owner.__name__} has no parameter {name!r}; it has {list(declared)}"
                )
        self._streams: dict[str, Parameter[Any]] = {
            name: Parameter(name, declaration.kind, values.get(name, declaration.default))
            for name, declaration in declared.items()
        }

    def __getattr__(self, name: str) -> Parameter[Any]:
        try:
            return self.__dict__["_streams"][name]  # type: ignore[no-any-return]
        except KeyError:
            names = list(self.__dict__.get("_streams", ()))
            raise AttributeError(f"no parameter {name!r}; there are {names}") from None

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise AttributeError(
                f"{name}: expected parameters.{name}.set(value), got an assignment"
            )
        super().__setattr__(name, value)

    def __getitem__(self, name: str) -> Parameter[Any]:
        return self._streams[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._streams]

    def to_dict(self) -> dict[str, Any]:
        """Give the present values by name."""
        return {name: stream.value for name, stream in self._streams.items()}

    def __repr__(self) -> str:
        return f"Parameters({', '.join(f'{n}={v!r}' for n, v in self.to_dict().items())})"


class Declaration(Generic[T]):
    """A parameter in a class body; on an instance it reads and writes the stream's value."""

    def __init__(self, kind: Kind, default: T) -> None:
        self.kind = kind
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.default = self.kind.check(name, self.default)

    @overload
    def __get__(self, instance: None, owner: type) -> Declaration[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Declaration[T] | T:
        if instance is None:
            return self
        return instance.parameters[self.name].value  # type: ignore[attr-defined, no-any-return]

    def __set__(self, instance: object, value: T) -> None:
        instance.parameters[self.name].set(value)  # type: ignore[attr-defined]


def parameter(kind: Kind, default: T) -> Declaration[T]:
    """Declare a reactive parameter in the body of a component's class.

    Parameters
    ----------
    kind : Kind
        What values it takes; also decides which control the page draws.
    default
        The first value where the constructor is given none.

    Examples
    --------
    >>> class MyModel(Model):
    ...     epochs = parameter(Integer(min=1), 20)
    """
    return Declaration(kind, default)


def declarations(owner: type) -> dict[str, Declaration[Any]]:
    """Collect the parameters that a class and its bases declare, bases first."""
    return {
        name: member
        for base in reversed(owner.__mro__)
        for name, member in vars(base).items()
        if isinstance(member, Declaration)
    }
