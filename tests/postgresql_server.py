"""A real PostgreSQL server for tests: found or installed, on a free local port, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

PASSWORD = "s3cret-pa55"
_USER = "marcelle"


class PostgreSQLServer:
    """A server of its own, in a folder of its own.

    Raises
    ------
    FileNotFoundError
        If there is none and none can be installed; the message says what was tried.
    """

    def __init__(self) -> None:
        self._bin = _binaries()
        self._prefix, owner = _as_another_user()
        self.folder = Path(tempfile.mkdtemp(prefix="marcelle-postgresql-"))
        if owner is not None:
            os.chown(self.folder, owner, -1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._initialise()

    @property
    def url(self) -> str:
        return f"postgresql://{_USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def url_of(self, schema: str) -> str:
        """Make an empty schema and give its address: a database would be a thousand files."""
        self.psql(f'CREATE SCHEMA "{schema}"')
        return f"{self.url}?options=-csearch_path%3D{schema}"

    def psql(self, sql: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def start(self) -> Self:
        import psycopg

        end = time.monotonic() + 60
        self._launch()
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
                # it gives up where children of one that was killed have not ended yet
                if self._process is None or self._process.poll() is not None:
                    self._launch()
            else:
                return self

    def _launch(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 100,
            "fsync": "off",  # processes are killed in tests, machines are not
        }
        options = [part for key in settings for part in ("-c", f"{key}={settings[key]}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, str(self._bin / "postgres"), "-D", str(self._data), *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a power cut would, its children too."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            children = subprocess.run(
                ["pgrep", "-f", f"postgres.*{self.folder.name}"], capture_output=True, check=False
            )
            for pid in map(int, children.stdout.split()):
                os.kill(pid, signal.SIGKILL)
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # "immediate": the data is thrown away
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _initialise(self) -> None:
        words = self.folder / "password"
        words.write_text(PASSWORD)
        words.chmod(0o644)
        subprocess.run(
            [
                *self._prefix,
                str(self._bin / "initdb"),
                *("-D", str(self._data), "-U", _USER, "-E", "UTF8", "-A", "scram-sha-256"),
                *("--pwfile", str(words), "--locale", "C.UTF-8", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
        )


def _binaries() -> Path:
    found = _found()
    if found is None and os.getuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "postgresql"]):
            subprocess.run(command, check=False, capture_output=True, timeout=250)
        found = _found()
    if found is None:
        raise FileNotFoundError(
            "no postgres on the PATH or in /usr/lib/postgresql, and apt-get could not install it"
        )
    return found


def _found() -> Path | None:
    on_path = shutil.which("postgres")
    if on_path and Path(on_path).with_name("initdb").exists():
        return Path(on_path).parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((it.parent for it in folders), key=lambda it: int(it.parent.name), default=None)


def _as_another_user() -> tuple[list[str], int | None]:
    """Give what to put before a command: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return [], None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        rights = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        return ["setpriv", *rights, "--"], user.pw_uid
    raise FileNotFoundError("PostgreSQL refuses to run as root, and there is no user nobody")
