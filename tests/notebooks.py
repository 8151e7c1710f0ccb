"""Notebooks that run from top to bottom without a page, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
QUICKSTART = NOTEBOOKS / "quickstart.ipynb"
BUILD_YOUR_OWN = NOTEBOOKS / "build_your_own.ipynb"
SAVE_SHARE_EVALUATE = NOTEBOOKS / "save_share_evaluate.ipynb"


def of_cells(*cells: str) -> Any:
    """Make a notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def executed(notebook: Any, *, widget_state: bool = False) -> Any:
    """Run all cells; an error in a cell is raised."""
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", store_widget_state=widget_state
    )
    return client.execute()


def as_html(notebook: Any) -> str:
    """Convert as `jupyter nbconvert --to html` does."""
    html, _ = HTMLExporter().from_notebook_node(notebook)
    return str(html)


def printed(cell: Any) -> str:
    """What a cell printed, and the text of its value."""
    texts = [
        out.get("text", "") or out.get("data", {}).get("text/plain", "") for out in cell.outputs
    ]
    return "".join(texts)
