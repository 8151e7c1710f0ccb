"""Exported pages where their scripts do not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

import marcelle_nb as mnb
from tests.browser.jupyter_server import TOKEN
from tests.browser.test_published_models import features_model
from tests.browser.web_host import web_host

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage


def test_a_page_that_jupyter_shows_as_a_file_says_what_to_do(
    lab: NotebookPage, server: JupyterServer
) -> None:
    folder = server.folder / "exported"
    features_model(mnb.knn).export_page(folder)
    page, told = lab.page, "open the link that it gives"
    page.goto(f"{server.url}/lab/tree/exported/index.html?token={TOKEN}")
    frame = page.frame_locator("iframe.jp-HTMLViewer-iframe, .jp-HTMLViewer iframe")
    expect(frame.locator("body")).to_contain_text(told)
    page.get_by_role("button", name="Trust HTML").click()
    expect(page.get_by_role("button", name="Distrust HTML")).to_be_visible()
    expect(frame.locator("body")).to_contain_text(told)
    page.goto(f"{server.url}/files/exported/index.html", referer=f"{server.url}/tree")
    expect(page.get_by_role("heading")).to_be_visible()
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.locator("#unscripted")).to_have_css("animation-name", "none")  # at once
    expect(page.locator("body")).not_to_contain_text("Loading the model")


def test_a_page_whose_scripts_may_not_run_says_what_to_do(browser: Browser, tmp_path: Path) -> None:
    features_model(mnb.knn).export_page(tmp_path)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    with web_host(tmp_path) as host:
        page.goto(host)
        expect(page.get_by_text("let the browser use JavaScript")).to_be_visible()
        expect(page.locator("#unscripted")).to_have_css("animation-name", "none")  # at once
    context.close()
