"""What travels: the bundle of each view, and a notebook that was saved with its widgets."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

import marcelle_nb
from tests.benchmark.report import heading, row

TWENTY_WIDGETS = """
import marcelle_nb as mnb
from IPython.display import display
data = mnb.dataset("d")
camera = mnb.webcam()
features = mnb.image_features()
models = [mnb.mlp(), mnb.mlp(), mnb.knn(), mnb.knn()]
sources = [camera, *(mnb.image_upload() for _ in range(3))]
recorders = [mnb.recorder(source, data) for source in sources]
browsers = [mnb.dataset_browser(data) for _ in range(3)]
plots = [mnb.confidence_plot(camera.images.map(features.process).map(m.predict)) for m in models]
display(*models, *sources, *recorders, *browsers, *plots, mnb.button("One more"))
"""


def measure() -> None:
    """Print all figures of this module."""
    heading("Sizes (1 KB = 1,000 bytes)")
    static = Path(marcelle_nb.__file__).parent / "static"
    for script in sorted(static.glob("*.js")):
        style = script.with_suffix(".css")
        kilobytes = script.stat().st_size / 1000
        row(script.stem, f"{kilobytes:.1f} KB", f"css {style.stat().st_size / 1000:.1f} KB")
    row("notebook with 20 widgets, 4 of them companions, saved", f"{_notebook_mb():.2f} MB")


def _notebook_mb() -> float:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TWENTY_WIDGETS)])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "twenty.ipynb"
        nbformat.write(notebook, file)
        return file.stat().st_size / 1_000_000
