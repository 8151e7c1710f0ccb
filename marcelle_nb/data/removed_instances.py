"""Many instances that were removed, read again only where somebody looks at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

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
        return self._read([self._ids[index]])[0]

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


def _among(ids: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    return {"id": {"$in": list(ids)}}
