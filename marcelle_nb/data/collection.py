"""The instances of one name, which all datasets of that name share."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from marcelle_nb.data.instance import Instance, checked, checked_changes, checked_label, copied
from marcelle_nb.errors import InstanceNotFound, InstanceRejected
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ChangeType: TypeAlias = Literal["created", "updated", "removed"]
Change: TypeAlias = dict[str, Any]
"""`{"level": "instance", "type": "created" | "updated" | "removed", "data": instance}`."""

_open: dict[str, Collection] = {}
_open_lock = threading.Lock()


class Collection:
    """Instances in memory, in the order of their creation, with streams that tell of their changes.

    Notes
    -----
    Thread: any. A method either changes everything that it was asked to, or raises and changes
    nothing. Kept instances are never changed, only replaced, so that a list of them taken under the
    lock stays as it was.
    """

    def __init__(self) -> None:
        self.count: Stream[int] = Stream(0)
        self.changes: Stream[list[Change]] = Stream()
        self._lock = threading.RLock()
        self._instances: dict[str, Instance] = {}
        # The place of every instance that ever was, so that a removed one can return to its own.
        self._places: dict[str, int] = {}

    @classmethod
    def named(cls, name: str) -> Collection:
        """Give the one collection of a name in this process, made where it is new."""
        with _open_lock:
            return _open.setdefault(name, cls())

    def instances(self) -> list[Instance]:
        """Give the kept instances in order, not copies: read only."""
        with self._lock:
            return list(self._instances.values())

    def get(self, identifier: str) -> Instance:
        """Copy one instance."""
        with self._lock:
            return copied(self._find(identifier))

    def create(self, given: Iterable[object]) -> list[str]:
        """Add instances at the end, and give the identifiers that they got."""
        new = [checked(instance) for instance in given]
        with self._lock:
            now = _now()
            for instance in new:
                instance["id"] = self._new_identifier()
                instance["createdAt"] = instance["updatedAt"] = now
                self._instances[instance["id"]] = instance
            self._post("created", new)
        self._deliver()
        return [instance["id"] for instance in new]

    def patch(self, identifier: str, given: dict[str, Any]) -> Instance:
        """Replace some keys of one instance, and copy the result."""
        if given.get("id", identifier) != identifier:
            raise InstanceRejected(f"id: expected {identifier!r}, got {given['id']!r:.100}")
        if "x" in given and given["x"] is None:
            raise InstanceRejected("x: expected numbers or an image, got none")
        changes = checked_changes(given)
        with self._lock:
            (instance,) = self._update([self._find(identifier)], changes)
        self._deliver()
        return copied(instance)

    def relabel(self, identifiers: Sequence[str], label: object) -> list[Instance]:
        """Give many instances one label in one change, and copies of what they were before."""
        changes = {"y": checked_label(label)}
        with self._lock:
            before = self._find_all(identifiers)
            self._update(before, changes)
        self._deliver()
        return [copied(instance) for instance in before]

    def remove(self, identifiers: Sequence[str]) -> list[Instance]:
        """Take instances out in one change, and give copies of them, which `restore` takes back."""
        with self._lock:
            gone = self._take(self._find_all(identifiers))
        self._deliver()
        return [copied(instance) for instance in gone]

    def clear(self) -> list[Instance]:
        """Remove everything in one change, and give copies of it."""
        with self._lock:
            gone = self._take(self.instances())
        self._deliver()
        return [copied(instance) for instance in gone]

    def restore(self, removed: Sequence[object]) -> None:
        """Put removed instances back at their old places in one change."""
        new = [(checked(given), given) for given in removed]
        with self._lock:
            returning = {}
            for instance, given in new:
                own = self._own_keys(given)
                returning[own["id"]] = {**instance, **own}
            together = self._instances | returning
            self._instances = {
                identifier: together[identifier]
                for identifier in sorted(together, key=self._places.__getitem__)
            }
            self._post("created", list(returning.values()))
        self._deliver()

    # What follows runs under the lock, except `_deliver`.

    def _find(self, identifier: object) -> Instance:
        found = self._instances.get(identifier) if isinstance(identifier, str) else None
        if found is None:
            raise InstanceNotFound(f"id: expected that of an instance, got {identifier!r:.100}")
        return found

    def _find_all(self, identifiers: Iterable[str]) -> list[Instance]:
        """Find instances, each once."""
        return list({identifier: self._find(identifier) for identifier in identifiers}.values())

    def _new_identifier(self) -> str:
        """Make 24 hexadecimal digits, as Marcelle's stores do, and give them the last place."""
        while (identifier := secrets.token_hex(12)) in self._places:
            pass
        self._places[identifier] = len(self._places)
        return identifier

    def _own_keys(self, removed: Any) -> Instance:
        identifier = removed.get("id")
        if identifier not in self._places or identifier in self._instances:
            raise InstanceRejected(
                f"id: expected that of a removed instance, got {identifier!r:.100}"
            )
        now = _now()
        dates = {key: str(removed.get(key, now)) for key in ("createdAt", "updatedAt")}
        return {"id": identifier, **dates}

    def _update(self, before: Sequence[Instance], changes: Instance) -> list[Instance]:
        now = _now()
        after = [{**instance, **changes, "updatedAt": now} for instance in before]
        self._instances |= {instance["id"]: instance for instance in after}
        self._post("updated", after)
        return after

    def _take(self, gone: list[Instance]) -> list[Instance]:
        for instance in gone:
            del self._instances[instance["id"]]
        self._post("removed", gone)
        return gone

    def _post(self, kind: ChangeType, instances: Sequence[Instance]) -> None:
        if not instances:
            return
        if kind != "updated":
            self.count._post(len(self._instances))
        self.changes._post(
            [{"level": "instance", "type": kind, "data": copied(it)} for it in instances]
        )

    def _deliver(self) -> None:
        self.count._deliver()
        self.changes._deliver()


def _now() -> str:
    """Write the time as JavaScript's `toISOString` does."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
