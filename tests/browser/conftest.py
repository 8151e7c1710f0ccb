"""One server and one browser for all tests in this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.fake_camera import launch_arguments, pictures, write_film
from tests.browser.jupyter_server import JupyterServer
from tests.browser.notebook_page import NotebookPage
from tests.chromium import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them; one that hangs must not hold up the others for long."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    with JupyterServer(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="package")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "film.mjpeg", pictures())


@pytest.fixture(scope="package")
def browser(film: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium()),
            args=launch_arguments(film),
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: JupyterServer) -> Iterator[Page]:
    context = browser.new_context(
        permissions=["camera"], viewport={"width": 1280, "height": 1400}, device_scale_factor=1
    )
    page = context.new_page()
    page.set_default_timeout(40_000)
    expect.set_options(timeout=40_000)
    yield page
    context.close()
    server.stop_kernels()


@pytest.fixture
def lab(page: Page, server: JupyterServer) -> NotebookPage:
    return NotebookPage(page, server)


@pytest.fixture(params=["lab", "notebook"])
def either(request: pytest.FixtureRequest, page: Page, server: JupyterServer) -> NotebookPage:
    """JupyterLab, then Notebook 7."""
    return NotebookPage(page, server, app=request.param)
