"""A Jupyter server that runs the extension of this repository, under an address of its own."""

import http.client
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parent.parent
TOKEN = "secret"  # of a server that lives for one test
START_S = END_S = 60
USER = {"Authorization": f"token {TOKEN}"}


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


def ask(base_url, path, method="GET", body=None, **headers):
    """Send a path as it is, dots and all; return status, headers and body of the answer."""
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    try:
        connection.request(method, address.path + path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


def wait_for(process, address):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            return get(address)
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"no server after {START_S} s")


@contextmanager
def extension_server(home):
    """Run it; give its base URL. Its runtime directory is `home / "runtime"`."""
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
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
