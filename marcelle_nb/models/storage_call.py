"""The arguments of save, load and sync: those of Marcelle's older and newer versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.json_values import checked_text
from marcelle_nb.errors import BadRequest

MAX_NAME = 500
"""Characters of the name of a model."""

_KINDS = ((str, "name"), (bool, "update"), (Mapping, "metadata"))


@dataclass(frozen=True)
class StorageCall:
    """What a call asks for; the type of its first argument tells which form it has.

    Attributes
    ----------
    store : DataStore or None
        None means the model's own.
    name : str or None
        A name, or an id; None for the last one.
    metadata : dict
        What is kept beside the model.
    id : str or None
        Whose place to take.
    update : bool
        Whether to take the place of the last one.
    """

    store: DataStore | None = None
    name: str | None = None
    metadata: Mapping[str, Any] | None = None
    id: str | None = None
    update: bool = False

    @classmethod
    def of_save(cls, first: Any, second: Any, metadata: Any, id: Any, update: Any) -> StorageCall:
        """Read the arguments of `save`."""
        store, name = (first, second) if isinstance(first, DataStore) else (None, None)
        if store is None:
            name, metadata, update = _older(first, second, metadata, update)
        if metadata is not None and not isinstance(metadata, Mapping):
            raise _wrong("metadata", "a dictionary", metadata)
        if update is not None and not isinstance(update, bool):
            raise _wrong("update", "True or False", update)
        return cls(store, _name(name), metadata, _name(id, "id"), bool(update))

    @classmethod
    def of_name(cls, what: str, first: Any, second: Any) -> StorageCall:
        """Read the arguments of `load` or `sync`."""
        if isinstance(first, DataStore):
            return cls(first, _name(second))
        if first is not None and not isinstance(first, str):
            raise _wrong(what, "a DataStore, an id or a name", first)
        if first is not None and second is not None:
            raise _wrong(what, f"a DataStore before {second!r:.60}", first)
        return cls(None, _name(first if second is None else second))


def _older(first: Any, second: Any, metadata: Any, update: Any) -> tuple[Any, Any, Any]:
    """Tell a name, metadata and whether to update by their types."""
    given: dict[str, Any] = {"name": None, "metadata": metadata, "update": update}
    for value in (first, second):
        if value is None:
            continue
        key = next((key for kind, key in _KINDS if isinstance(value, kind)), None)
        if key is None:
            raise _wrong("save", "a DataStore, a name, a bool or metadata", value)
        if given[key] is not None:
            raise _wrong("save", f"{key} once", value)
        given[key] = value
    return given["name"], given["metadata"], given["update"]


def _name(given: Any, what: str = "name") -> str | None:
    if given is None:
        return None
    if not isinstance(given, str):
        raise _wrong(what, "a text", given)
    if not 1 <= len(given) <= MAX_NAME:
        raise ValueError(f"{what}: expected 1 to {MAX_NAME} characters, got {len(given)}")
    try:
        return checked_text(given, what)
    except BadRequest as error:
        raise ValueError(str(error)) from None


def _wrong(what: str, rule: str, got: Any) -> TypeError:
    return TypeError(f"{what}: expected {rule}, got {got!r:.80}")
