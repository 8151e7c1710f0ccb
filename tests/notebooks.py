"""Notebooks that run from top to bottom without a page, and what becomes of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
QUICKSTART = NOTEBOOKS / "quickstart.ipynb"
BUILD_YOUR_OWN = NOTEBOOKS / "build_your_own.ipynb"
PRETRAINED = NOTEBOOKS / "pretrained.ipynb"
SAVE_SHARE_EVALUATE = NOTEBOOKS / "save_share_evaluate.ipynb"


def of_cells(*cells: str) -> Any:
    """Make a notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def executed(notebook: Any, *, widget_state: bool = False) -> Any:
    """Run all cells; an error in a cell is raised.

    The kernel is one as a class has it: what native code writes is shown in its cells, as
    ipykernel does where no test runs, and TensorFlow may say what it says by itself.
    """
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", store_widget_state=widget_state
    )
    hidden = {"PYTEST_CURRENT_TEST", "TF_CPP_MIN_LOG_LEVEL"}
    return client.execute(env={name: it for name, it in os.environ.items() if name not in hidden})


def as_html(notebook: Any) -> str:
    """Convert as `jupyter nbconvert --to html` does."""
    html, _ = HTMLExporter().from_notebook_node(notebook)
    return str(html)


def code_cells(notebook: Any) -> list[Any]:
    """Give the cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def complaints(notebook: Any) -> list[Any]:
    """Give what went wrong in cells, and what they wrote where errors are written."""
    outputs = [out for cell in code_cells(notebook) for out in cell.outputs]
    return [out for out in outputs if out.output_type == "error" or out.get("name") == "stderr"]


def all_printed(notebook: Any) -> str:
    """What all cells printed, and the texts of their values."""
    return "\n".join(map(printed, code_cells(notebook)))


def printed(cell: Any) -> str:
    """What a cell printed, and the text of its value."""
    texts = [
        out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in cell.outputs
    ]
    return "".join(texts)
