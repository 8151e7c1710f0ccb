"""The quickstart notebook runs from top to bottom where there is neither page nor camera."""

import re

import nbformat
import pytest

from tests.notebooks import QUICKSTART, executed, printed

pytestmark = [pytest.mark.kernel, pytest.mark.slow]


@pytest.fixture(scope="module")
def cells():
    notebook = executed(nbformat.read(QUICKSTART, as_version=4))
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_learns_from_the_pictures_that_it_draws_and_says_how_well(cells):
    accuracy = re.search(r"accuracy on unseen examples: (\d+)%", printed(cells[-3]))
    assert accuracy, printed(cells[-3])
    assert int(accuracy[1]) >= 80


def test_its_last_cell_recognises_a_ball(cells):
    assert "label='ball'" in printed(cells[-1])


def test_every_component_leaves_a_text_and_static_html(cells):
    shown = [out.data for cell in cells for out in cell.outputs if "data" in out]
    widgets = [data for data in shown if "application/vnd.jupyter.widget-view+json" in data]
    assert len(widgets) >= 5
    for data in widgets:
        assert data["text/plain"]


def test_it_is_stored_without_outputs_and_stays_short():
    notebook = nbformat.read(QUICKSTART, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert len(code) <= 12
