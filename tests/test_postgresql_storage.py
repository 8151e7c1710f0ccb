import logging
import threading
import traceback

import pytest
from sqlalchemy import select

from marcelle_nb.data import postgresql_storage
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.errors import (
    BadRequest,
    NotAuthenticated,
    NotFound,
    StoreError,
    Unavailable,
    Unprocessable,
)
from tests import store_writers
from tests.at_once import at_once
from tests.postgresql_server import PASSWORD


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_client_killed_at_any_moment_leaves_the_old_or_the_new(postgresql_url, tmp_path):
    acknowledged = str(tmp_path / "acknowledged")
    assert store_writers.kill_while_writing(postgresql_url, acknowledged, times=50) > 50


def test_both_sides_of_a_fork_go_on(postgresql_url):
    process = store_writers.start(store_writers.write_and_fork, postgresql_url)
    process.join()
    assert process.exitcode == 0
    with DataStore(postgresql_url) as store:
        counts = dict(store.service("forked").counts("who"))
    assert counts == {"before": 1, "parent": 50, "child": 50}


def test_many_processes_make_the_tables_and_write_at_once(postgresql_url):
    writers = [
        store_writers.start(store_writers.write_many, postgresql_url, str(i), 20) for i in range(12)
    ]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with DataStore(postgresql_url) as store:
        assert store.service("both").count() == 240


def test_other_spellings_of_the_scheme_are_taken(postgresql_url):
    for scheme in ("postgresql+psycopg", "postgres"):
        with DataStore(postgresql_url.replace("postgresql", scheme, 1)) as store:
            assert store.backend == "postgresql"


def wrong_addresses(server):
    """Give addresses that do not lead into the server, each with what is raised."""
    url = server.url
    return [
        (url.replace(PASSWORD, "wr0ng-pa55"), NotAuthenticated),
        (url.replace("marcelle:", "nobody:"), NotAuthenticated),
        (url.replace("/postgres", "/none"), NotFound),
        (url.replace(f":{server.port}", ":1"), Unavailable),
        (url.replace("127.0.0.1", "none.invalid"), Unavailable),
        (url.replace(f":{server.port}", ":port"), BadRequest),
        (url.replace(f":{server.port}", f":{PASSWORD}"), BadRequest),
        (f"{url}?password=wr0ng-pa55", NotAuthenticated),
        (f"{url}?sslpassword={PASSWORD}&sslmode=require", StoreError),
        (f"{url}?no_such_parameter={PASSWORD}", StoreError),
        (f"{url}?options={PASSWORD}", StoreError),
        (f"mysql://root:{PASSWORD}@127.0.0.1/a", BadRequest),
        (f"postgresql+asyncpg://root:{PASSWORD}@127.0.0.1/a", BadRequest),
        (f"postgresql://a:{PASSWORD}@@@/:@//", StoreError),
        (f"postgresql://a:{PASSWORD}/x@y@127.0.0.1:1:2/z", StoreError),
    ]


def test_a_wrong_address_is_said_and_no_password_ever(postgresql_server, caplog):
    caplog.set_level(logging.DEBUG)
    for url, kind in wrong_addresses(postgresql_server):
        with pytest.raises(kind) as caught:
            DataStore(url)
        shown = [*traceback.format_exception(caught.value), repr(caught.value.to_dict())]
        error: BaseException | None = caught.value
        while error is not None:
            shown += [str(error), repr(error), repr(error.args)]
            error = error.__context__ or error.__cause__
        # the line of this test that calls is part of a traceback; its text holds no password
        for secret in (PASSWORD, "wr0ng-pa55"):
            assert secret not in "".join(shown), url
    assert PASSWORD not in caplog.text


def test_no_password_is_shown_by_what_is_open(postgresql_server, postgresql_url, caplog):
    caplog.set_level(logging.DEBUG)
    with DataStore(f"{postgresql_url}&application_name={PASSWORD}") as store:
        service = store.service("a")
        stop = service.created.subscribe(lambda _: None)
        service.create({"a": 1})
        things = [store, service, store._location, store._storage, store._storage._engine, stop]
        things += [store.location, store.where, store._feed, service.items(), store.__dict__]
        assert PASSWORD not in "".join(map(repr, things))
        with pytest.raises(StoreError) as caught:
            store._storage.read(lambda it: it.exec_driver_sql("SELECT 1/0"))
        assert PASSWORD not in "".join(traceback.format_exception(caught.value))
        stop()
    assert PASSWORD not in caplog.text


def test_without_psycopg_it_is_said_what_to_install(postgresql_url, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unavailable, match=r"pip install .*marcelle-nb\[postgresql\]"):
        DataStore(postgresql_url)


def test_a_newer_store_and_an_old_server_are_refused(postgresql_url, monkeypatch):
    import sqlalchemy as sa

    with DataStore(postgresql_url) as store:
        store._storage.write(
            lambda it: it.execute(sa.text("UPDATE marcelle_meta SET value = '7'")), lambda _: None
        )
    with pytest.raises(Unprocessable, match="got one of version 7; a newer marcelle-nb wrote it"):
        DataStore(postgresql_url)
    monkeypatch.setattr(postgresql_storage, "_OLDEST", 10**9)
    with pytest.raises(Unprocessable, match="expected PostgreSQL 13 or newer"):
        DataStore(postgresql_url)


def test_changes_of_many_that_cross_wait_for_each_other(postgresql_url):
    with DataStore(postgresql_url) as store:
        store.service("a").create([{"n": i} for i in range(50)])
    writers = [
        store_writers.start(store_writers.patch_all, postgresql_url, i, 15) for i in range(4)
    ]
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with DataStore(postgresql_url) as store:
        found = list(store.service("a").items())
        assert len({it["who"] for it in found}) == 1
        assert all(it[f"by {i}"] == 14 for it in found for i in range(4))


def test_more_threads_than_connections_take_turns(postgresql_url):
    with DataStore(postgresql_url) as store:
        service = store.service("a")
        service.create([{"n": i} for i in range(20)])
        seen = []
        lock = threading.Lock()

        def read():
            for _ in range(5):
                n = len(service.find()["data"])
                with lock:
                    seen.append(n)

        at_once(*([read] * 8))
        assert seen == [20] * 40


def test_a_restarted_server_is_found_again(own_postgresql_server):
    server = own_postgresql_server
    with DataStore(server.url) as store:
        service = store.service("a")
        service.create({"n": 1})
        server.kill()
        with pytest.raises(Unavailable, match="the server does not answer"):
            service.create({"n": 2})
        server.start()
        assert service.create({"n": 3})["n"] == 3
        assert [it["n"] for it in service.items()] == [1, 3]


def test_a_server_that_dies_in_the_middle_leaves_no_traces_in_the_log(
    own_postgresql_server, caplog, capsys
):
    server = own_postgresql_server
    with DataStore(server.url) as store:

        def work(connection):
            connection.execute(select(1))
            server.kill()
            return connection.scalar(select(1))

        for act in (store._storage.read, store._storage.write):
            with pytest.raises(Unavailable, match="the server does not answer"):
                act(work)
            server.start()
        assert [it for it in caplog.records if not it.name.startswith("marcelle_nb")] == []
        assert "Traceback" not in capsys.readouterr().err
        assert store.service("a").count() == 0
