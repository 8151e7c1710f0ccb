"""The packages that users get: built from a fresh copy, installed and used without Node."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VIEWS = {path.stem for path in (ROOT / "js" / "src").glob("*.ts")}
BUILT = {f"marcelle_nb/static/{view}.{kind}" for view in VIEWS for kind in ("js", "css")}
BUILT.add("marcelle_nb/static/LICENSES.txt")  # the notices of what the views are built with
BUILT |= {  # the page of published models
    f"marcelle_nb/static/page/{name}"
    for name in ("index.html", "licenses.txt", "page.css", "page.js", "tfjs.js")
}
FEATURES = ("learned.features", "MODEL_CARD.md")
ENABLE = "etc/jupyter/jupyter_server_config.d/marcelle_nb.json"
MADE = shutil.ignore_patterns(".git", ".venv", "node_modules", "static", "dist", "*cache*")

SHOW = """
import marcelle_nb as mnb
widget = mnb.button("Hold to record").widget
assert widget.text == "Hold to record", widget
assert "render" in widget._esm and "marcelle" in widget._css
print("shown from", mnb.__file__)
"""

DESCRIBE = """
import numpy as np
import marcelle_nb as mnb
print(mnb.image_features().process(np.zeros((480, 640, 3), np.uint8)).shape)
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def call(*command, cwd, **environment):
    """Run a command and return all that it printed; what it printed is the message if it fails."""
    parts = [str(part) for part in command]
    answer = subprocess.run(
        parts,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": ""} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, f"{' '.join(parts)}\n{answer.stdout[-8000:]}"
    return answer.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    clone = shutil.copytree(ROOT, folder / "clone", ignore=MADE)
    call(sys.executable, "-m", "build", "--sdist", "--outdir", folder, cwd=clone)
    return next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def venv(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    call(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    yield folder / "venv"
    shutil.rmtree(folder)  # TensorFlow is large, and pytest keeps what three runs left


@pytest.fixture(scope="module")
def call_in(venv):
    """Run commands of the clean environment, where nothing else is on the PATH: no Node."""
    scripts = venv / ("Scripts" if os.name == "nt" else "bin")

    def run(command, *arguments):
        assert shutil.which("node", path=str(scripts)) is None
        home = str(venv.parent)
        settings = {"PATH": str(scripts), "HOME": home, "JUPYTER_CONFIG_DIR": home}
        # pip's cache stays where it is, or each run would fetch TensorFlow again.
        cache = call(sys.executable, "-m", "pip", "cache", "dir", cwd=home).splitlines()[-1]
        return call(scripts / command, *arguments, cwd=home, PIP_CACHE_DIR=cache, **settings)

    return run


@pytest.fixture(scope="module")
def wheel(sdist, venv, call_in):
    call_in("python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", venv.parent, sdist)
    return next(venv.parent.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, call_in):
    call_in("python", "-m", "pip", "install", wheel, "jupyter_server")
    return call_in


def test_sdist_holds_what_was_built_and_what_builds_it(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names > BUILT | {
        "js/hatch_build.py",
        "js/package-lock.json",
        "jupyter-config/" + ENABLE[12:],
    }
    assert not any("node_modules" in name for name in names)


def test_wheel_holds_every_view_the_types_and_the_enable_file(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert all(archive.read(name) for name in BUILT)
    assert "marcelle_nb/py.typed" in names
    assert {f"marcelle_nb/features/{name}" for name in FEATURES} <= names
    assert any(name.endswith(".data/data/" + ENABLE) for name in names)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"marcelle_nb"}


def test_learned_features_take_a_megabyte_and_a_half_of_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        data = archive.read("marcelle_nb/features/learned.features")
    assert data == (ROOT / "marcelle_nb" / "features" / "learned.features").read_bytes()
    assert sum(size for name, size in sizes.items() if name.endswith(".features")) <= 1_500_000


def test_wheel_puts_the_enable_file_where_jupyter_looks(installed, venv):
    assert (venv / ENABLE).read_text() == (ROOT / "jupyter-config" / ENABLE[12:]).read_text()


def test_installed_packages_agree(installed):
    assert "No broken requirements" in installed("python", "-m", "pip", "check")


def test_installed_component_has_its_view(installed, venv):
    assert str(venv) in installed("python", "-c", SHOW)


def test_installed_features_describe_a_picture(installed):
    assert "(256,)" in installed("python", "-c", DESCRIBE)


def test_installed_extension_is_enabled(installed):
    listed = re.sub(r"\x1b\[\d*m", "", installed("jupyter", "server", "extension", "list"))
    assert re.search(r"marcelle_nb\.server enabled", listed)
    assert re.search(r"marcelle_nb\.server \S+ OK", listed)
