"""The quickstart notebook in JupyterLab and Notebook 7."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.notebooks import QUICKSTART

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import ConsoleMessage

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage


def test_all_its_cells_run_in_the_page_without_an_error(
    either: NotebookPage, server: JupyterServer, tmp_path: Path
) -> None:
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # what the application itself cannot load is not ours
        if message.type == "error" and "Failed to load resource" not in message.text:
            errors.append(message.text)

    shutil.copy(QUICKSTART, server.folder)
    either.open(QUICKSTART.name)
    # from here on: some applications complain of themselves while they start
    either.page.on("console", note)
    either.page.on("pageerror", lambda error: errors.append(str(error)))
    either.page.set_viewport_size({"width": 1280, "height": 5000})
    either.run_all()
    for name in ("webcam", "recorder", "image_upload", "dataset_browser", "model"):
        expect(either.view(name)).to_be_visible()
    expect(either.view("model").locator(".marcelle-status")).to_contain_text("Trained")
    expect(either.view("confidence_plot")).to_be_visible()
    assert either.page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    assert errors == []
    assert either.page.screenshot(path=tmp_path / "quickstart.png")
