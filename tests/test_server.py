"""The server extension, in a Jupyter server of its own."""

import asyncio
import copy
import json
import platform

import jupyter_server
import pytest
from jupyter_server.serverapp import ServerApp

from marcelle_nb import server as extension
from marcelle_nb._version import __version__
from tests.extension_server import ROOT, TOKEN, extension_server, get


@pytest.fixture(scope="module")
def base_url(tmp_path_factory):
    with extension_server(tmp_path_factory.mktemp("server")) as address:
        yield address


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
