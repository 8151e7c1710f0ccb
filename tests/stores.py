"""One store of each kind, for tests that must hold on all."""

import itertools

import pytest

from marcelle_nb.data.data_store import DataStore

KINDS = ("memory", "sqlite", "postgresql")

_numbers = itertools.count()


def open_store(kind, request):
    """Open a store of a kind; those on disk and on a server are the test's own, or it skips."""
    if kind == "memory":
        return DataStore("memory")
    if kind == "sqlite":
        return DataStore(request.getfixturevalue("tmp_path") / f"{next(_numbers)}.db")
    try:
        return DataStore(request.getfixturevalue("postgresql_url"))
    except pytest.FixtureLookupError:
        pytest.skip("no PostgreSQL")
