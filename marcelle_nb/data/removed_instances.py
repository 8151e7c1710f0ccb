"""Many instances that were removed, read again only where somebody looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from marcelle_nb.data.stored_instance import as_instance
from marcelle_nb.errors import InstanceNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marcelle_nb.data.instance import Instance
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.taken import Taken

_AT_ONCE = 100


class RemovedInstances(Sequence["Instance"]):
    """A sequence of instances that holds nothing of them but their ids.

    It compares and adds as a list; arrays are equal where all their values are. A copy of it is
    itself, a pickle a list.

    Parameters
    ----------
    service : Service
        Where they were taken out.
    name : str
        That of their dataset.
    taken : Taken
        What was.
    ids : sequence of str
        Theirs, each once, in the order of the sequence.

    Notes
    -----
    Thread: any. What was put back meanwhile is read where it is now. `InstanceNotFound` where one
    is neither out nor there; `StoreError` once the store is closed.
    """

    def __init__(self, service: Service, name: str, taken: Taken, ids: Sequence[str]) -> None:
        self.service = service
        self.name = name
        self.taken = taken
        self._ids = tuple(ids)

    @property
    def are_out(self) -> bool:
        """Whether all that was taken can be put back as it is."""
        out = self.service.items_of(self.taken).select([])
        return sum(1 for _ in out) == len(self.taken)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Instance]:
        for start in range(0, len(self), _AT_ONCE):
            yield from self._read(self._ids[start : start + _AT_ONCE])

    @overload
    def __getitem__(self, index: int) -> Instance: ...

    @overload
    def __getitem__(self, index: slice) -> list[Instance]: ...

    def __getitem__(self, index: int | slice) -> Instance | list[Instance]:
        if isinstance(index, slice):
            return self._read(self._ids[index])
        try:
            chosen = self._ids[index]
        except (IndexError, TypeError) as error:
            raise type(error)(
                f"removed instances: expected a slice, or an index from {-len(self)} to"
                f" {len(self) - 1}, got {index!r:.40}"
            ) from None
        return self._read([chosen])[0]

    def __contains__(self, value: object) -> bool:
        return any(_is_same(it, value) for it in self)

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """Give the place of the first that is equal, also in its arrays."""
        for place in range(*slice(start, stop).indices(len(self))):
            if _is_same(self[place], value):
                return place
        raise ValueError(f"removed instances: expected one of them, got {value!r:.40}")

    def count(self, value: object) -> int:
        """Count those that are equal, also in their arrays."""
        return sum(_is_same(it, value) for it in self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, list | RemovedInstances):
            return NotImplemented
        return len(self) == len(other) and all(map(_is_same, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list's

    def __add__(self, other: Sequence[Instance]) -> list[Instance]:
        return [*self, *other] if isinstance(other, list | RemovedInstances) else NotImplemented

    def __radd__(self, other: Sequence[Instance]) -> list[Instance]:
        return [*other, *self] if isinstance(other, list) else NotImplemented

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,} instances>"

    def _read(self, ids: Sequence[str]) -> list[Instance]:
        found = {it["id"]: it for it in self.service.items_of(self.taken).query(_among(ids))}
        if missing := [one for one in ids if one not in found]:
            found |= {it["id"]: it for it in self.service.items(_among(missing))}
        for one in missing:
            if one not in found:
                raise InstanceNotFound(f"id: expected that of an instance, got {one!r:.100}")
        return [as_instance(found[one]) for one in ids]


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def _among(ids: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    return {"id": {"$in": list(ids)}}
