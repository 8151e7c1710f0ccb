"""Pretrained models in a notebook: how they load, and the notebook about them."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import marcelle_nb as mnb
from tests.browser.test_accessibility import AXE
from tests.formats.web_server import WebServer, web_server
from tests.notebooks import PRETRAINED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage

HALF = "a part has come"


@pytest.fixture
def weights(tmp_path: Path) -> bytes:
    return mnb.practice_weights("mobilenet", tmp_path).read_bytes()


@pytest.fixture
def server_of_weights() -> Iterator[WebServer]:
    with web_server() as server:
        assert isinstance(server, WebServer)
        yield server


def violations(view: Locator) -> list[tuple[str, str]]:
    view.page.add_script_tag(path=str(AXE))
    found = view.page.evaluate("axe.run('.marcelle', {resultTypes: ['violations']})")
    return [(it["id"], node["html"]) for it in found["violations"] for node in it["nodes"]]


def test_loading_shows_how_far_it_is_and_a_failure_can_be_tried_again(
    lab: NotebookPage, server_of_weights: WebServer, weights: bytes, tmp_path: Path
) -> None:
    go_on = threading.Event()

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(weights)))
        handler.end_headers()
        handler.wfile.write(weights[: len(weights) // 2])
        handler.wfile.flush()
        go_on.wait(30)
        handler.wfile.write(weights[len(weights) // 2 :])

    url = server_of_weights.url("/w.h5")
    lab.start(
        f"""
import os
os.environ["MARCELLE_NB_CACHE"] = {str(tmp_path / "cache")!r}
import marcelle_nb as mnb
model = mnb.mobilenet(1, 0.25, url={url!r})
model
"""
    )
    view = lab.view("pretrained_model")
    failure = view.get_by_text("Not loaded")
    expect(failure).to_be_visible()
    for part in ("marcelle-nb fetch", "MARCELLE_NB_CACHE", "image_features()", "cache"):
        expect(failure).to_contain_text(part)
    assert violations(view) == []
    server_of_weights.answers["/w.h5"] = slowly
    view.get_by_role("button", name="Try again").click()
    bar = view.get_by_role("progressbar")
    expect(bar).to_be_visible()
    lab.eventually(lambda: 0.4 < bar.evaluate("bar => bar.value") < 0.6)
    expect(view).to_contain_text("1.0 of 2.1 MB")
    assert violations(view) == []
    assert lab.execute("print(model.loading.value)").strip() == "True"
    go_on.set()
    expect(view).to_contain_text("Ready", timeout=60_000)
    expect(bar).to_have_count(0)


def test_the_notebook_runs_and_its_boxes_follow_the_camera(
    lab: NotebookPage, server: JupyterServer, tmp_path: Path
) -> None:
    shutil.copy(PRETRAINED, server.folder)
    lab.open(PRETRAINED.name)
    lab.page.set_viewport_size({"width": 1280, "height": 7000})
    lab.execute(f"import os; os.environ['MARCELLE_NB_CACHE'] = {str(tmp_path / 'cache')!r}")
    lab.run_all()
    assert lab.page.locator(".jp-OutputArea-output[data-mime-type*=error]").count() == 0
    expect(lab.view("pretrained_model")).to_contain_text("Ready", timeout=60_000)
    lab.view("webcam").get_by_role("button", name="Start camera").click()
    classes, flags = lab.view("confidence_plot"), lab.view("confidence_plot", 1)
    expect(classes).to_contain_text("strawberry")
    expect(flags).to_contain_text("Germany")
    boxes = lab.view("detection_boxes")
    expect(boxes.locator("canvas")).to_be_visible()
    lab.execute("detector.min_score = 0.2")
    expect(boxes).to_contain_text("apple")  # the film shows a red disc
