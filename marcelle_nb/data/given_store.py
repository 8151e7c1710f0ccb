"""The store that somebody names."""

from __future__ import annotations

import os
from typing import Any

from marcelle_nb.data.data_store import DataStore


def given_store(given: Any, name: str = "store") -> DataStore:
    """Give a store, opened where only its location was given; for None that in memory.

    Raises
    ------
    TypeError
        If it is something else.
    StoreError
        If it cannot be opened.
    """
    if isinstance(given, DataStore):
        return given
    if given is None or isinstance(given, str | os.PathLike):
        return DataStore("memory" if given is None else given)
    # its type alone: there may be an address with a password in it
    raise TypeError(
        f"{name}: expected None, a location or a DataStore, got a {type(given).__name__}"
    )
