"""Every notebook of the package is run by a test, can be found, and looks like the others."""

import ast

import nbformat
import pytest

from tests import notebooks
from tests.notebooks import NOTEBOOKS

ROOT = NOTEBOOKS.parent
LISTED = sorted(
    value for name, value in vars(notebooks).items() if name.isupper() and name != "NOTEBOOKS"
)


def test_all_notebooks_are_listed_and_have_a_test():
    # `make demo` leaves copies of its own, named `my_…`
    found = [path for path in NOTEBOOKS.glob("*.ipynb") if not path.name.startswith("my_")]
    assert sorted(found) == LISTED
    for path in LISTED:
        # a module of that name has its test already
        names = f"test_{path.stem}.py", f"test_{path.stem}_notebook.py"
        modules = [ROOT / "tests" / name for name in names]
        texts = [module.read_text() for module in modules if module.exists()]
        assert any(_runs(text, path.stem.upper()) for text in texts), path.name


def _runs(text, name):
    """Tell whether a module has tests, and runs all cells of a notebook for them."""
    nodes = [*ast.walk(ast.parse(text))]
    return any(_calls(node, "executed") and _names(node, name) for node in nodes) and any(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in nodes
    )


def _calls(node, name):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _names(node, name):
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


@pytest.mark.parametrize(
    ("text", "is_run"),
    [
        ("def test_a():\n    executed(nbformat.read(LESSON, as_version=4))", True),
        ("def test_a():\n    nbformat.read(LESSON, as_version=4)", False),
        ("# executed(LESSON)\ndef test_a():\n    executed(OTHER)", False),
        ("executed(LESSON)", False),
    ],
)
def test_a_name_alone_is_no_test_of_a_notebook(text, is_run):
    assert _runs(text, "LESSON") == is_run


@pytest.mark.parametrize("path", LISTED, ids=lambda path: path.stem)
class TestEach:
    def test_the_readme_leads_to_it(self, path):
        readme = (ROOT / "README.md").read_text()
        assert f"[notebooks/{path.name}](notebooks/{path.name})" in readme

    def test_it_is_well_formed_and_asks_for_no_kernel_of_its_own(self, path):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"
        assert set(notebook.metadata) == {"kernelspec", "language_info"}

    def test_its_first_cell_is_a_title_and_its_texts_are_short(self, path):
        texts = [
            cell.source
            for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == "markdown"
        ]
        assert texts[0].startswith("# ")
        assert max(len(text.split()) for text in texts) <= 110
