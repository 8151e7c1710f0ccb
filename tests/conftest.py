"""Settings and servers for all tests."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.data.service import Service
from tests.postgresql_server import PostgreSQLServer

# How long an example takes says nothing on a loaded machine: speed is for the benchmarks.
# The examples are the same in every run, so that a failure is of the change that is tested;
# `pytest -m hypothesis --hypothesis-profile=explore` looks for new ones.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", UNTIMED, derandomize=True)
settings.register_profile("explore", UNTIMED, max_examples=1_000)
settings.load_profile("repeatable")

_numbers = itertools.count()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep together, in one of several processes, what shares a server, a browser or a kernel."""
    from tests.shared_scheduling import SharedScheduling

    return SharedScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def users_own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder instead of that of whoever runs the tests; for the processes they start, too."""
    folder = tmp_path_factory.mktemp("users_own_cache")
    before = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        if "PIP_CACHE_DIR" not in os.environ:  # tests that install need not download again
            patch.setenv("PIP_CACHE_DIR", str(before / "pip"))
        if sys.platform in ("darwin", "win32"):  # which may not ask the environment
            patch.setattr("pooch.os_cache", lambda project: folder / project)
        yield folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """A real server, started once for all tests that need one."""
    try:
        server = PostgreSQLServer()
    except FileNotFoundError as error:
        pytest.skip(f"PostgreSQL: {error}")
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def new_postgresql_url(postgresql_server: PostgreSQLServer) -> Callable[[], str]:
    """Makes an empty place on it, and gives its address."""
    return lambda: postgresql_server.url_of(f"test_{next(_numbers)}")


@pytest.fixture
def postgresql_url(new_postgresql_url: Callable[[], str]) -> str:
    """The address of an empty place on the server."""
    return new_postgresql_url()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DataStore]:
    """A store of each kind, in turn; that in memory is the kernel's own, and may hold more."""
    if request.param == "memory":
        yield DataStore()
        return
    place = tmp_path / "store.db"
    if request.param == "postgresql":
        place = request.getfixturevalue("postgresql_url")
    with DataStore(place) as opened:
        yield opened


@pytest.fixture
def service(store: DataStore) -> Service:
    """A service of each kind of store that holds nothing yet."""
    return store.service(f"of a test {next(_numbers)}")


@pytest.fixture
def own_postgresql_server(postgresql_server: PostgreSQLServer) -> Iterator[PostgreSQLServer]:
    """A server that a test may kill; `postgresql_server` says where there is none."""
    server = PostgreSQLServer()
    try:
        yield server.start()
    finally:
        server.close()
