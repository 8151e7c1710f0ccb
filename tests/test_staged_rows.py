import os
import signal

import pytest
import sqlalchemy as sa

from marcelle_nb.data import taken_rows
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.staged_rows import StagedRows
from marcelle_nb.data.tables import documents, meta


def rows_in(service, key):
    """Count the rows of a service and of a key, and the notes of the key."""
    number = sa.select(sa.func.count())
    is_one = documents.c.service.in_([service.name, key])
    return service.table.storage.read(
        lambda it: (
            it.scalar(number.select_from(documents).where(is_one)),
            it.scalar(number.select_from(meta).where(meta.c.key == key)),
        )
    )


def test_rows_are_unseen_until_they_are_published(service):
    rows = StagedRows(service)
    rows.add([{"n": 1}, {"n": 2}])
    between = service.create({"n": 9})
    rows.add([{"n": 3}])
    assert [it["n"] for it in service.items()] == [9]
    ids = rows.publish()
    rows.discard()
    assert [(it["n"], it["id"]) for it in service.items()] == [
        (1, ids[0]),
        (2, ids[1]),
        (9, between["id"]),
        (3, ids[2]),
    ]
    assert rows_in(service, rows._key) == (4, 0)


def test_discarded_rows_leave_nothing(service):
    rows = StagedRows(service)
    rows.add([{"n": 1}])
    rows.discard()
    assert rows_in(service, rows._key) == (0, 0)
    StagedRows(service).discard()


def test_an_empty_publish_is_nothing(service):
    assert StagedRows(service).publish() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process to kill")
def test_of_a_process_that_is_killed_nothing_appears_and_the_rest_is_swept(tmp_path, monkeypatch):
    service = DataStore(tmp_path / "a.db").service("s")
    service.create({"n": 0})
    rows = StagedRows(service)
    child = os.fork()
    if not child:
        rows.add([{"n": 1}] * 5)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert [it["n"] for it in service.items()] == [0]
    assert rows_in(service, rows._key) == (6, 1)
    monkeypatch.setattr(taken_rows, "KEPT_S", -1.0)
    service.table.storage.close()
    assert rows_in(DataStore(tmp_path / "a.db").service("s"), rows._key) == (1, 0)
