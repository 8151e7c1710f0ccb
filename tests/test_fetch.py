import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from marcelle_nb.cli import app
from marcelle_nb.models.mobilenet_files import mobilenet_files
from tests.formats.web_server import web_server
from tests.formats.weights_server import LOGIN
from tests.mobilenet_weights import write_keras_weights


def run(*arguments):
    return CliRunner().invoke(app, ["fetch", *map(str, arguments)])


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_keras_weights(tmp_path_factory.mktemp("weights") / "w.h5", 1, 0.25).read_bytes()


@pytest.fixture
def server(weights):
    with web_server() as server:
        server.answers["/w.h5"] = weights
        yield server


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    def go(name):
        monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / name))

    go("teacher")
    return go


def failure(*arguments):
    result = run(*arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    return line


def test_it_fetches_into_the_cache(server, weights):
    result = run("mobilenet-v1-0.25", "--url", server.url("/w.h5"))
    assert result.exit_code == 0, result.stderr
    found = mobilenet_files(1, 0.25).find()
    assert found is not None
    assert result.stdout == (f"mobilenet-v1-0.25  {len(weights):,} bytes  {found.path('w.h5')}\n")


@pytest.mark.parametrize("target", ["class.zip", "shared"])
def test_a_classroom_is_prepared_and_installed(server, machine, tmp_path, target):
    made = run("mobilenet-v1-0.25", "--url", server.url("/w.h5"), "--to", tmp_path / target)
    assert made.exit_code == 0, made.stderr
    machine("pupil")
    server.answers.clear()
    assert mobilenet_files(1, 0.25).find() is None
    installed = run("--from", tmp_path / target)
    assert installed.exit_code == 0, installed.stderr
    assert installed.stdout.startswith("mobilenet-v1-0.25  ")
    assert mobilenet_files(1, 0.25).find() is not None


def test_nobody_needs_tensorflow_for_it(server, tmp_path):
    code = (
        "import sys\nfrom marcelle_nb.cli import app\n"
        "try: app(sys.argv[1:])\nexcept SystemExit as end: assert not end.code, end.code\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fetch", "mobilenet-v1-0.25", "--url", server.url("/w.h5")],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("\n[]\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "names: expected some of these, got none"),
        (["mobilenet", "--to", ""], "--to: expected a folder or zip file"),
        (["--from", ""], "--from: expected a folder or zip file"),
        (["resnet"], "name: expected one of mobilenet, "),
        (["mobilenet", "coco-ssd", "--url", "https://a/b"], "expected with one name"),
        (["mobilenet", "--from", "x.zip"], "--from: expected alone"),
        (["--from", "none.zip"], "got 'none.zip'"),
        (["mobilenet", "--url", "http://school.example/w.h5"], "expected https://"),
        (["mobilenet", "--sha256", "abc"], "sha256: expected 64 hexadecimal digits"),
    ],
)
def test_failure_is_one_line(arguments, said):
    line = failure(*arguments)
    assert line.startswith("marcelle-nb: ")
    assert said in line


def test_a_sign_in_page_is_told(server):
    server.answers["/w.h5"] = LOGIN
    assert "School sign-in" in failure("mobilenet", "--url", server.url("/w.h5"))


def test_weights_of_another_network_are_told(server):
    line = failure("mobilenet-v1-0.5", "--url", server.url("/w.h5"))
    assert "expected the weights of this model" in line


def test_without_names_each_name_is_a_line():
    assert run().stdout.splitlines()[:2] == ["mobilenet", "mobilenet-v1-0.25"]


def test_a_zip_is_told_as_the_place(server, tmp_path):
    place = tmp_path / "class.zip"
    made = run("mobilenet-v1-0.25", "--url", server.url("/w.h5"), "--to", place)
    assert made.stdout.endswith(f"  {place}\n")


def test_an_address_that_was_not_asked_for_is_told(server):
    run("mobilenet-v1-0.25", "--url", server.url("/w.h5"))
    again = run("mobilenet-v1-0.25", "--url", server.url("/login"))
    assert "/login was not asked for" in again.stderr


def test_who_fetches_is_not_told_to_fetch():
    line = failure("mobilenet", "--url", "http://127.0.0.1:9/w.h5")
    assert "marcelle-nb fetch" not in line
