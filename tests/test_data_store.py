import contextlib
import os
import pickle
import socket
import threading
import time
import unicodedata
from pathlib import Path

import pytest

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.location import Location
from marcelle_nb.data.sqlite_storage import SQLiteStorage
from marcelle_nb.errors import BadRequest, NotFound, StoreError, Unavailable

HOSTILE = [
    *("../../etc/passwd", "..", ".", "/", "/etc/passwd", "C:\\Windows", "\\\\server\\share", "~"),
    *("a/b", "a\\b", "a:b", "a b", " ", " a", "a ", "a.", ".a", "-a", "--", "a--b", "#", "?", "%"),
    *("%2e%2e%2f", "%s", "%(a)s", "{}", "{0}", "${HOME}", "$HOME", "`id`", "$(id)", "; rm -rf /"),
    *("a'b", 'a"b', "''", "' OR '1'='1", "'; DROP TABLE marcelle_documents; --", "a;b", "a--", "*"),
    *("NULL", "null", "None", "True", "0", "-1", "1e9", "constructor", "__proto__", "toString"),
    *("CON", "nul", "a\nb", "a\tb", "\r\n", "\x01", "\x7f", "\u202e", "\u200b", "\ufeff", "😀"),
    *("é", unicodedata.normalize("NFD", "é"), "É", "ß", "ss", "İ", "i", "I", "<script>", "x" * 200),
]


def test_there_are_sixty_hostile_names():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


def test_no_hostile_name_leaves_the_store_or_is_confused_with_another(store, tmp_path):
    before = {it.name for it in tmp_path.iterdir()}
    for name in HOSTILE:
        store.service(name).create({"name": name, "id": name[:200], "datasetName": name, name: 1})
    for name in HOSTILE:
        service = store.service(name)
        assert [it["name"] for it in service.items()] == [name]
        assert service.get(name[:200])["name"] == name
        assert service.find({"datasetName": name, "name": {"$in": [name]}})["total"] == 1
        for other in ({"name": {"$ne": name}}, {"id": {"$ne": name[:200]}}):
            assert service.count(other) == 0
    assert set(HOSTILE) <= set(store.services)
    assert {it.name for it in tmp_path.iterdir()} == before
    for name in HOSTILE:
        assert [it["name"] for it in store.service(name).remove(None)] == [name]


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0b", "\ud800", None, 5, b"a"])
def test_what_is_no_name_is_refused(store, name):
    with pytest.raises(BadRequest, match="service: expected"):
        store.service(name)


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "é",
        "😀",
        "a?b",
        "a#b",
        "%41",
        "file:a",
        "a'b",
        'a"b',
        "-a",
        "a\nb",
        ":a",
        "a;b",
        "[a]",
    ],
)
def test_a_hostile_file_name_is_that_file_alone(tmp_path, name):
    with DataStore(tmp_path / f"{name}.db") as store:
        store.service("a").create({})
    assert [it.name for it in tmp_path.iterdir()] == [f"{name}.db"]


def test_a_store_says_where_it_is(tmp_path):
    with DataStore(tmp_path / "class.db") as store:
        assert store.location == str(tmp_path / "class.db")
        assert store.where == "Kept in the file class.db."
        assert (store.backend, DataStore().backend) == ("sqlite", "memory")
    assert "gone when the kernel stops" in DataStore().where


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://a:secret@h:5/d", "postgresql://a:***@h:5/d"),
        ("postgresql+psycopg://a:secret@h/d", "postgresql://a:***@h/d"),
        ("postgresql://a@h/d?password=secret", "postgresql://a@h/d"),
        ("postgresql:///d?host=h&passfile=secret", "postgresql:///d"),
    ],
)
def test_a_location_is_shown_without_what_is_secret(given, shown):
    place = Location.parse(given)
    assert place.shown == shown
    assert "secret" not in repr(place)
    assert "secret" in place.secrets


@pytest.mark.parametrize(
    "given",
    [
        *("http://localhost:3030", "mysql://a:b@h/d", "sqlite://a.db", "mongodb://h", "file:///a"),
        *("", " ", "sqlite:///", "sqlite:a.db", "file:a.db?mode=ro", "postgresql:a", "POSTGRES:a"),
    ],
)
def test_other_addresses_are_refused(given):
    with pytest.raises(BadRequest, match="location: expected 'memory', a path, sqlite:///path or"):
        DataStore(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sqlite:///a.db?mode=ro", "without parameters"),
        ("folder/", "got the folder"),
        *((it, "a path of this system") for it in ("C:\\a.db", "C:/a.db", "\\\\host\\share\\a.db")),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="some of these are names there")
def test_what_would_be_a_file_of_an_odd_name_is_refused(tmp_path, monkeypatch, given, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadRequest, match=said):
        DataStore(given)
    assert list(tmp_path.iterdir()) == []


HIDDEN = "s3cret"


@pytest.mark.parametrize(
    "given",
    [
        *(f"postgresql://bob:{it}@127.0.0.1:1/d" for it in ("p@s3cret", "p@x/s3cret", "1/s3cret")),
        *(f"postgresql://bob:{it}@127.0.0.1:1/d" for it in ("1?s3cret", "1#s3cret", "p@x?s3cret")),
    ],
)
def test_what_may_be_part_of_a_password_is_not_taken_for_a_machine(given):
    with pytest.raises(BadRequest, match="as %40") as caught:
        Location.parse(given)
    assert HIDDEN not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    "given",
    [
        *("'postgresql://bob:s3cret@h/d'", '"postgres://bob:s3cret@h/d"', "bob:s3cret@h/d"),
        *("DATABASE_URL=postgresql://bob:s3cret@h/d", "jdbc:postgresql://h/d?password=s3cret"),
        *("postgresql//bob:s3cret@h/d", "postgresql:/bob:s3cret@h/d", "bob:s3/s3cret@h"),
        *("host=h password=s3cret user=bob", "host=h PASSWORD = s3cret", "psql -h h pwd=s3cret"),
        *("postgresql+psycopg//bob:s3cret@h/d", "postgres:/h/s3cret", "//bob:s3cret@h/d"),
        *("PGPASSWORD=s3cret psql", "MY_PASSWD=s3cret", "sqlite:///postgresql://bob:s3cret@h"),
        *("sqlite:///bob:s3cret@h/d", "sqlite+pysqlite:////password=s3cret"),
        *("postgresql://bob:\ud800s3cret@h/d", "postgres://bob:s3cret\udfff@h/d"),
    ],
)
def test_mistyped_addresses_are_refused_and_not_repeated(tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadRequest, match="location: expected") as caught:
        DataStore(given)
    assert HIDDEN not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_space_around_an_address_is_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Location.parse(" postgresql://a:b@h/d\n").shown == "postgresql://a:***@h/d"
    assert Location.parse(" memory").backend == "memory"
    assert Location.parse("a.db ").path == tmp_path / "a.db"
    assert Location.parse(Path("bob:b@h.db")).path == tmp_path / "bob:b@h.db"


def test_an_at_sign_can_be_in_a_parameter():
    place = Location.parse("postgresql://h/d?user=bob@tenant")
    assert place.shown == "postgresql://h/d"


def test_odd_names_can_be_given_as_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for given in ("./file:a.db", "./a?b.db", Path("sqlite.db"), "sqlite+pysqlite:///b.db"):
        DataStore(given).close()
    assert {it.name for it in tmp_path.iterdir()} == {"file:a.db", "a?b.db", "sqlite.db", "b.db"}


def test_errors_have_the_fields_of_feathers():
    error = NotFound("No record found", {"id": "a"})
    assert isinstance(error, StoreError)
    assert error.to_dict() == {
        "name": "NotFound",
        "message": "No record found",
        "code": 404,
        "className": "not-found",
        "data": {"id": "a"},
        "errors": {},
    }
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.to_dict()) == (NotFound, error.to_dict())


def test_services_that_hold_nothing_are_not_named(store):
    store.service("named by a test").create({})
    store.service("empty in a test")
    assert "named by a test" in store.services
    assert "empty in a test" not in store.services
    store.service("named by a test").remove(None)


def test_the_same_name_gives_the_same_service(store):
    assert store.service("a") is store.service("a")


@pytest.fixture
def silent_address():
    """The address of a server that takes connections, and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        yield f"postgresql://a:b@127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=3"


def begun(function, *args):
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread


def opened(place):
    with contextlib.suppress(StoreError):
        DataStore(place)


def test_nobody_waits_for_the_server_of_another_store(silent_address, tmp_path):
    pytest.importorskip("psycopg")
    waiting = begun(opened, silent_address)
    time.sleep(0.3)
    start = time.monotonic()
    DataStore().service("while another store is opened")
    with DataStore(tmp_path / "store.db") as store:
        store.service("a").create({})
    assert time.monotonic() - start < 2
    assert waiting.is_alive()
    waiting.join()


def test_one_place_is_opened_once_by_all_threads(tmp_path, monkeypatch):
    begin, n_begun = DataStore._begin, []

    def slowly(self, place):
        n_begun.append(place)
        time.sleep(0.05)
        begin(self, place)

    monkeypatch.setattr(DataStore, "_begin", slowly)
    found: list[DataStore] = []
    threads = [begun(lambda: found.append(DataStore(tmp_path / "s.db"))) for _ in range(8)]
    for thread in threads:
        thread.join()
    assert (len(found), len({*map(id, found)}), len(n_begun)) == (8, 1, 1)
    found[0].close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_of_a_fork_opens_what_its_parent_was_opening(tmp_path, monkeypatch):
    begin, is_begun, may_end = DataStore._begin, threading.Event(), threading.Event()

    def slowly(self, place):
        if os.getpid() == parent:
            is_begun.set()
            may_end.wait(20)
        begin(self, place)

    parent = os.getpid()
    monkeypatch.setattr(DataStore, "_begin", slowly)
    thread = begun(opened, tmp_path / "store.db")
    assert is_begun.wait(20)
    child = os.fork()
    if child == 0:
        begun_at = begun(opened, tmp_path / "store.db")
        begun_at.join(10)
        os._exit(int(begun_at.is_alive()))
    _, status = os.waitpid(child, 0)
    may_end.set()
    thread.join()
    assert os.waitstatus_to_exitcode(status) == 0


ODD_PATHS = ["me:x@home.db", "class.db ", " class.db", "a.db\n", "postgresql:", "a password=b.db"]


@pytest.mark.parametrize("name", [*ODD_PATHS, "plain.db", "memory", "é.db"])
@pytest.mark.skipif(os.name == "nt", reason="some of these are no names there")
def test_a_pickled_store_comes_back_as_the_same_file(tmp_path, name):
    with DataStore(tmp_path / name) as store:
        store.service("a").create({"n": 1})
        assert pickle.loads(pickle.dumps(store)) is store
        pickled = pickle.dumps(store)
    with pickle.loads(pickled) as again:
        assert (again.location, again.service("a").count()) == (store.location, 1)


def test_a_closed_store_makes_no_backup(tmp_path):
    store = DataStore(tmp_path / "store.db")
    store.close()
    memory = SQLiteStorage(Location("memory"))
    memory.close()
    for closed in (store, memory):
        with pytest.raises(Unavailable, match="expected an open store, it is closed"):
            closed.backup(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_what_a_notebook_shows_of_a_file_tells_nothing_of_the_computer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path.parent / "elsewhere").mkdir(exist_ok=True)
    inside = DataStore(tmp_path / "here" / "class.db")
    outside = DataStore(tmp_path.parent / "elsewhere" / f"{tmp_path.name}.db")
    name = f"{tmp_path.name}.db"
    path = os.path.join("here", "class.db")  # noqa: PTH118 as the system writes it
    for store, shown in ((inside, path), (outside, name)):
        assert store.where == f"Kept in the file {shown}."
        assert repr(store) == f"<DataStore {shown}>"
        assert repr(store.service("a")) == f"<Service 'a' of {shown}>"
        assert repr(Dataset("a", store)).endswith(f"in {shown}>")
        assert store.location.endswith(shown)
        store.close()
