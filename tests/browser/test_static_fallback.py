"""A saved notebook where there are no widgets: text and pictures, never an empty place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.hostile import harmless
from tests.notebooks import as_html, executed, of_cells

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

CELLS = (
    """
import marcelle_nb as mnb
import numpy as np
features = mnb.image_features()
data = mnb.dataset('things')
for color, label in [((200, 0, 0), 'red'), ((0, 0, 200), 'blue')] * 3:
    picture = np.full((60, 60, 3), color, np.uint8)
    data.create({'x': features.process(picture), 'y': label, 'thumbnail': picture})
camera = mnb.webcam()
camera
""",
    "upload = mnb.image_upload()\nupload",
    "mnb.recorder(camera, data)",
    "model = mnb.knn(k=3)\nmodel.train(data).wait()\nmodel",
    "mnb.dataset_browser(data)",
    """
predictions = mnb.Stream(model.predict(features.process(picture)))
mnb.confidence_plot(predictions)
""",
    "mnb.button('Press me')",
)


def test_a_converted_notebook_shows_what_every_component_held(page: Page, tmp_path: Path) -> None:
    notebook = executed(of_cells(*CELLS))
    assert "widgets" not in notebook.metadata
    open_html(page, as_html(notebook), tmp_path)
    outputs = page.locator(".jp-OutputArea-output")
    expect(outputs).to_have_count(len(CELLS))
    for name in ("Webcam", "ImageUpload", "Recorder", "KNN", "DatasetBrowser", "ConfidencePlot"):
        shown = outputs.filter(has_text=name)
        expect(shown).to_contain_text("Run the cell in Jupyter to use it.")
    expect(outputs.filter(has_text="Button")).to_contain_text("Press me")
    expect(outputs.filter(has_text="KNN")).to_contain_text("success")
    expect(outputs.filter(has_text="DatasetBrowser").locator("img")).to_have_count(6)
    expect(outputs.filter(has_text="ConfidencePlot")).to_contain_text("blue")


def open_html(page: Page, html: str, folder: Path) -> None:
    """Open a converted notebook as a file, without any network."""
    page.route("http*://**", lambda route: route.abort())
    file = folder / "notebook.html"
    file.write_text(html)
    page.goto(file.as_uri())
    assert harmless(page)
