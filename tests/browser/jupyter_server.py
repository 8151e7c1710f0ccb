"""A Jupyter server of a test's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
TOKEN = "a-token-of-the-tests"
START_S = 60.0


class JupyterServer:
    """JupyterLab and Notebook 7 on a free local port, with settings and files of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "notebooks"
        self.folder.mkdir()
        self._settings = folder / "jupyter"
        news = self._settings_file("apputils-extension/notification")
        news.write_text('{"fetchNews": "false"}')
        self._log = (folder / "server.log").open("w")
        self.url = f"http://127.0.0.1:{_free_port()}"

    def __enter__(self) -> Self:
        own = {
            f"JUPYTER_{name}_DIR": str(self._settings / name.lower())
            for name in ("CONFIG", "DATA", "RUNTIME")
        }
        port = self.url.rsplit(":", 1)[1]
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--expose-app-in-browser", f"--port={port}", "--ServerApp.port_retries=0"),
                *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self.folder}"),
                "--LabApp.news_url=None",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                "--JupyterNotebookApp.expose_app_in_browser=True",
            ],
            env={**os.environ, **own, "JUPYTER_CONFIG_PATH": str(ROOT / "jupyter-config")},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.request("GET", "/api/status")
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
            else:
                return self
        self.__exit__()
        raise RuntimeError(f"the server did not start, see {self._log.name}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()

    @contextmanager
    def settings(self, name: str, **values: Any) -> Iterator[None]:
        """Set what a user would set in JupyterLab; pages that are opened meanwhile read it."""
        file = self._settings_file(name)
        file.write_text(json.dumps(values))
        yield
        file.unlink()

    def _settings_file(self, name: str) -> Path:
        folder = self._settings / "config" / "lab" / "user-settings" / "@jupyterlab"
        file = folder / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def request(self, method: str, path: str) -> Any:
        """Ask the server's own API; gives what its JSON says."""
        request = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"token {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def stop_kernels(self) -> None:
        """End all kernels: those of tests that are over would go on computing."""
        for session in self.request("GET", "/api/sessions"):
            self.request("DELETE", f"/api/sessions/{session['id']}")

    def write_notebook(self, name: str, cells: list[str]) -> str:
        """Write a notebook of code cells; gives its name."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, self.folder / name)
        return name


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
