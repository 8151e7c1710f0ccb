"""Every notebook of the package is run by a test, can be found, and looks like the others."""

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
        assert (ROOT / "tests" / f"test_{path.stem}.py").exists()


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
