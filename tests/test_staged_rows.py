import os
import signal
import time
from typing import Any

import pytest
import sqlalchemy as sa

from marcelle_nb.data import change_log, taken_keeper, taken_rows
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.staged_rows import StagedRows
from marcelle_nb.data.tables import documents, meta
from marcelle_nb.errors import Conflict, NotFound
from tests.stores import open_store


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
    assert rows._key not in service.table.storage.taken.kept
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


def opened_elsewhere(service):
    """Do what another process does when it opens the store."""
    taken_rows.throw_away_old(service.table.storage)


DAYS = 20 * 86_400


@pytest.mark.parametrize("days", [-DAYS, DAYS])
def test_the_clock_of_a_client_does_not_say_what_is_old(postgresql_url, monkeypatch, days):
    with DataStore(postgresql_url) as store:
        service = store.service("s")
        service.create([{"n": n} for n in range(3)])
        real = time.time
        with monkeypatch.context() as context:
            context.setattr(time, "time", lambda: real() + days)
            taken = service.take()
            rows = StagedRows(service)
            rows.add([{"n": 10}])
            context.setattr(time, "time", lambda: real() - days)
            opened_elsewhere(service)
            store.service("t").create({})
            store.service("t").events.changes.subscribe(print)
            with store.service("t").table.storage._engine.begin() as connection:
                change_log.prune(connection, store.service("t").table.storage)
                assert not connection.scalar(
                    sa.select(meta.c.value).where(meta.c.key == change_log.PRUNED)
                )
        assert len(service.put_back(taken)) == 3
        assert len(rows.publish()) == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_a_living_process_holds_is_kept_however_long(kind, request, monkeypatch):
    service = open_store(kind, request).service("s")
    monkeypatch.setattr(taken_keeper, "RENEWED_S", 0.05)
    monkeypatch.setattr(taken_rows, "KEPT_S", 3.0)
    service.create([{"n": 1}, {"n": 2}])
    taken = service.take()
    rows = StagedRows(service)
    rows.add([{"n": 3}])
    for _ in range(8):
        time.sleep(0.5)
        opened_elsewhere(service)
    assert len(service.put_back(taken)) == 2
    assert len(rows.publish()) == 1
    assert [it["n"] for it in service.items()] == [1, 2, 3]


def test_new_rows_appear_all_or_with_an_error_none(service, monkeypatch):
    rows = StagedRows(service)
    rows.add([{"n": 1}, {"n": 2}])
    storage = service.table.storage
    is_one = documents.c.service == rows._key
    storage.write(
        lambda it: it.execute(
            sa.delete(documents).where(
                documents.c.position.in_(sa.select(sa.func.max(documents.c.position)).where(is_one))
            )
        )
    )
    with pytest.raises(Conflict, match="expected all 2 to be put in place, got 1"):
        rows.publish()
    rows.discard()
    assert rows_in(service, rows._key) == (0, 0)


def test_what_was_thrown_away_cannot_be_put_back_and_is_said(service, monkeypatch):
    service.create([{"n": 1}])
    taken = service.take()
    rows = StagedRows(service)
    rows.add([{"n": 2}])
    monkeypatch.setattr(taken_rows, "KEPT_S", -10.0)
    opened_elsewhere(service)
    with pytest.raises(NotFound, match="it was thrown away"):
        service.put_back(taken)
    with pytest.raises(NotFound, match="they were thrown away"):
        rows.add([{"n": 3}])
    with pytest.raises(NotFound, match="it was thrown away"):
        rows.publish()
    assert service.count() == 0


def test_rows_that_come_back_in_the_middle_of_a_deletion_are_not_deleted(postgresql_url):
    with DataStore(postgresql_url) as store:
        service = store.service("s")
        service.create([{"n": 1}])
        taken = service.take()
        storage: Any = service.table.storage
        positions = storage.read(lambda it: list(it.scalars(sa.select(documents.c.position))))
        real = storage.values.one_of_positions

        def one_of_positions(column, found):
            with storage._engine.connect() as other, other.begin():
                is_one = documents.c.service == taken.key
                other.execute(sa.update(documents).where(is_one).values(service="s"))
            return real(column, found)

        storage.values.one_of_positions = one_of_positions
        storage.throw_away([taken.key])
        storage.values.one_of_positions = real
        assert len(positions) == service.count() == 1
