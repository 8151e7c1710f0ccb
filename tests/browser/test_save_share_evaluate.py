"""The notebook on saving, sharing and evaluating, in a page."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.notebooks import SAVE_SHARE_EVALUATE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage


def test_a_number_of_the_matrix_shows_its_pictures(
    lab: NotebookPage, server: JupyterServer, tmp_path: Path
) -> None:
    shutil.copy(SAVE_SHARE_EVALUATE, server.folder)
    lab.open(SAVE_SHARE_EVALUATE.name)
    lab.page.set_viewport_size({"width": 1280, "height": 9000})
    lab.run_all()
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    for name in ("webcam", "training_plot", "classification_report", "training_history", "model"):
        expect(lab.view(name)).to_be_visible()

    matrix, browser = lab.view("confusion_matrix"), lab.view("dataset_browser")
    mistake = matrix.locator("td[aria-selected=true]")  # the notebook has selected the commonest
    expect(browser.get_by_role("option")).to_have_count(int(mistake.inner_text()))
    right = matrix.locator("td.marcelle-right").first
    right.click()
    expect(right).to_have_attribute("aria-selected", "true")
    expect(browser.get_by_role("region", name="ball")).to_be_visible()
    expect(browser.get_by_role("option")).to_have_count(int(right.inner_text()))
    assert lab.page.screenshot(path=tmp_path / "save_share_evaluate.png")
