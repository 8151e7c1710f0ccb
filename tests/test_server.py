"""The server extension, in a Jupyter server of its own."""

import asyncio
import copy
import json
import os
import platform
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import jupyter_server
import pytest
from jupyter_server.serverapp import ServerApp

from marcelle_nb import server as extension
from marcelle_nb._version import __version__

ROOT = Path(__file__).parent.parent
TOKEN = "secret"  # of a server that lives for one test
START_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(address, **headers):
    """Return the status and the body of the answer; a redirection is an answer."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args):
            return None

    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def wait_for(process, address):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            return get(address)
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"no server after {START_S} s")


@pytest.fixture(scope="module")
def base_url(tmp_path_factory):
    """Run a server that finds the enable-file of this repository, under an address of its own."""
    home = tmp_path_factory.mktemp("server")
    port = free_port()
    address = f"http://127.0.0.1:{port}/a/place/"
    environment = os.environ | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_CONFIG_PATH": str(ROOT / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_NO_CONFIG": "",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
    settings = [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.base_url=/a/place/",
        f"--ServerApp.root_dir={home}",
        f"--IdentityProvider.token={TOKEN}",
    ]
    log = home / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, *settings], env=environment, stdout=output, stderr=output
        )
        try:
            wait_for(process, address + "api")
            yield address
        finally:
            process.terminate()
            process.wait(10)


def test_health_answers_a_user_with_versions(base_url):
    status, body = get(base_url + "marcelle-nb/health", Authorization=f"token {TOKEN}")
    assert status == 200
    assert json.loads(body) == {
        "marcelle_nb": __version__,
        "jupyter_server": jupyter_server.__version__,
        "python": platform.python_version(),
    }


def test_health_answers_a_token_in_the_address(base_url):
    assert get(f"{base_url}marcelle-nb/health?token={TOKEN}")[0] == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token wrong"}])
def test_health_refuses_everybody_else(base_url, headers):
    status, body = get(base_url + "marcelle-nb/health", **headers)
    assert status == 403
    assert __version__ not in body


def test_health_is_nowhere_but_under_the_base_url(base_url):
    elsewhere = base_url.replace("/a/place/", "/")
    assert get(elsewhere + "marcelle-nb/health", Authorization=f"token {TOKEN}")[0] == 404


def test_loading_changes_no_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    app = ServerApp()

    async def initialize():  # it asks for the running loop
        app.initialize(argv=[], find_extensions=False, new_httpserver=False)

    asyncio.run(initialize())
    config, settings = copy.deepcopy(app.config), dict(app.web_app.settings)
    extension._load_jupyter_server_extension(app)
    assert app.config == config
    assert app.web_app.settings == settings


def test_extension_names_itself_as_the_file_that_enables_it_does():
    path = ROOT / "jupyter-config" / "jupyter_server_config.d" / "marcelle_nb.json"
    enabled = json.loads(path.read_text())["ServerApp"]["jpserver_extensions"]
    points = extension._jupyter_server_extension_points()
    assert enabled == {point["module"]: True for point in points}
