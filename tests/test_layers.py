"""The layers of the package, the names in it, and what may not be in the repository."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from marcelle_nb._version import __version__

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "marcelle_nb"
VIEWS = ROOT / "js" / "src"

# From the bottom to the top: a unit imports from itself and from the rows before its own. A unit is
# a subpackage, or a module with the modules that were taken out of it.
ROWS = (
    {"errors": "_version errors"},
    {
        "stream": "stream derived_stream stream_operators joining_operators timed_operators"
        " scheduler latest receipt",
        "image": "image",
        "kinds": "kinds",
    },
    {"parameter": "parameter", "run": "run"},
    {"component": "component message inbox message_log received_file"},
    {"data": "data"},
    {"runtime": "runtime file_receiver"},
    {"formats": "formats"},
    {"features": "features"},
    {"models": "models"},
    {"components": "components"},
    {"spec": "spec", "catalog": "catalog"},
    {"plots": "plots"},
    {"widget": "widget"},
    {"server": "server", "cli": "cli __main__"},
    {"__init__": "__init__"},
)
UNIT = {module: unit for row in ROWS for unit, modules in row.items() for module in modules.split()}
HEIGHT = {unit: height for height, row in enumerate(ROWS) for unit in row}

# A component's widget is made when it is asked for: the one import of a higher row.
LAZY = {("component", "widget")}
LAZY_FUNCTIONS = {"widget", "_repr_mimebundle_", "TYPE_CHECKING"}

WIDGET_PACKAGES = {"anywidget", "ipywidgets", "traitlets"}
HEAVY_PACKAGES = {
    *("tensorflow", "keras", "h5py", "onnx", "matplotlib", "IPython", "sqlalchemy", "psycopg"),
    *WIDGET_PACKAGES,
}
FORBIDDEN_STEMS = {"utils", "util", "helpers", "helper", "manager", "handler", "common", "core"}

# Modules with a family of public classes, which are read together.
FAMILIES = {
    *("errors", "kinds", "parameter", "running_metrics", "flat_buffer", "model_structure"),
    "conditions",
}

MODULES = sorted(PACKAGE.rglob("*.py"))
VIEW = re.compile(r'^    view = "(\w+)"$', re.MULTILINE)
COMPONENTS = [
    path
    for folder in ("components", "models")
    for path in (PACKAGE / folder).glob("*.py")
    if VIEW.search(path.read_text("utf-8"))
]


def name_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def unit_of(module):
    return UNIT[module.partition(".")[0]]


def imports(path):
    """Yield the absolute name of each import, with the functions that it stands in."""
    package = ["marcelle_nb", *path.relative_to(PACKAGE).parent.parts]
    stack: list[tuple[ast.AST, tuple[str, ...]]] = [(ast.parse(path.read_text("utf-8")), ())]
    while stack:
        node, places = stack.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, places) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            if source == "marcelle_nb":  # `from marcelle_nb import stream` imports the module
                yield from ((f"{source}.{alias.name}", places) for alias in node.names)
            else:
                yield source, places
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            places = (*places, node.name)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            places = (*places, "TYPE_CHECKING")
        stack += [(child, places) for child in ast.iter_child_nodes(node)]


def own_imports(path):
    """Yield the units of this package that a module imports from, with the places."""
    for name, places in imports(path):
        if name.startswith("marcelle_nb."):
            yield unit_of(name.removeprefix("marcelle_nb.")), places


def public_classes(path):
    tree = ast.parse(path.read_text("utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def letters(name):
    return name.replace("_", "").lower()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_has_a_place_in_the_layers(path):
    assert name_of(path).partition(".")[0] in UNIT


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_imports_only_its_own_unit_and_lower_rows(path):
    unit = unit_of(name_of(path))
    broken = [
        (other, places)
        for other, places in own_imports(path)
        if other != unit
        and HEIGHT[other] >= HEIGHT[unit]
        and not ((unit, other) in LAZY and LAZY_FUNCTIONS & set(places))
    ]
    assert broken == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_bridge_imports_the_widget_packages(path):
    tops = {
        name.partition(".")[0]
        for name, places in imports(path)
        if not ((unit_of(name_of(path)), "widget") in LAZY and "TYPE_CHECKING" in places)
    }
    assert unit_of(name_of(path)) == "widget" or not tops & WIDGET_PACKAGES


def test_an_import_of_a_higher_row_is_seen_wherever_it_stands(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    low = tmp_path / "stream.py"
    low.write_text("import marcelle_nb.run\ndef f():\n    from . import widget\n")
    assert set(own_imports(low)) == {("run", ()), ("widget", ("f",))}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_named_for_what_it_holds(path):
    assert path.stem not in FORBIDDEN_STEMS


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_has_one_public_class(path):
    assert path.stem in FAMILIES or len(public_classes(path)) <= 1


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_component_class_and_view_have_the_name_of_their_module(path):
    assert [letters(name) for name in public_classes(path)] == [letters(path.stem)]
    assert VIEW.findall(path.read_text("utf-8")) == [path.stem]


@pytest.mark.parametrize("suffix", [".ts", ".css"])
def test_every_component_has_a_view_and_every_view_a_component(suffix):
    views = {path.stem for path in VIEWS.glob(f"*{suffix}")}
    components = {path.stem for path in COMPONENTS}
    assert views == components  # that of `model` serves all models that do not say another


def test_importing_the_package_imports_nothing_heavy():
    ask = "import sys, marcelle_nb; print(*{name.partition('.')[0] for name in sys.modules})"
    answer = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY_PACKAGES & set(answer.stdout.split())


def test_javascript_says_no_other_version_than_python():
    package = json.loads((ROOT / "js" / "package.json").read_text())
    assert package.get("version", __version__) == __version__


def test_lock_file_locks_what_the_package_asks_for():
    asked = json.loads((ROOT / "js" / "package.json").read_text())
    locked = json.loads((ROOT / "js" / "package-lock.json").read_text())["packages"][""]
    for group in ("version", "dependencies", "devDependencies"):
        assert locked.get(group) == asked.get(group)


def test_lock_file_names_no_address():
    assert '"resolved"' not in (ROOT / "js" / "package-lock.json").read_text()


def test_no_file_names_a_package_registry():
    # In two parts each, so that this file passes its own test.
    hosts = re.compile(
        "|".join(["registry[.]" + "npmjs", "registry[.]" + "yarnpkg", "pythonhosted" + "[.]org"])
    )
    made = {".git", ".venv", ".cache", "node_modules", "static", "dist", "__pycache__"}
    files = (
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not made & set(path.relative_to(ROOT).parts)
        and not any(part.endswith("_cache") for part in path.relative_to(ROOT).parts)
    )
    assert [path for path in files if hosts.search(path.read_text(errors="ignore"))] == []
