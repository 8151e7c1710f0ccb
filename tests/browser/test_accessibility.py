"""What a screen reader, a keyboard and weak eyes need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage

DENSE = Path(__file__).parents[1] / "fixtures" / "tfjs-layers" / "mlp_dense"
AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"

LOOP = """
import marcelle_nb as mnb
import numpy as np
from ipywidgets import VBox

features = mnb.image_features()
data = mnb.dataset("things")
camera = mnb.webcam()
model = mnb.mlp(layers=[16], epochs=20)
model.dataset = data
predictions = camera.images.map(features.process).map(model.predict)
recorder = mnb.recorder(camera, data, process=features.process)
parts = [camera, recorder, mnb.dataset_browser(data), model, mnb.confidence_plot(predictions)]
VBox([part.widget for part in parts])
"""

OTHERS = (
    """
random = np.random.default_rng(0)
for i in range(20):
    pixels = random.integers(0, 256, (60, 60, 3), np.uint8)
    x = random.normal(size=8) + i % 2
    data.create({"x": x, "y": ["wave", "clap"][i % 2], "thumbnail": pixels})
upload = mnb.image_upload()
upload
""",
    "mnb.recorder(upload, data)",
    """
model.train(data).wait()
model.save("things")
model.alert.set("epochs: expected a whole number, got 0")
""",
    "mnb.confidence_plot(mnb.Stream(model.predict(x)))",
    "mnb.knn()",
    "mnb.button('Press')",
    "mnb.file_upload()",
    f"files = mnb.tf_generic_model('generic')\nfiles.load_from_files({str(DENSE)!r})\nfiles",
    "mnb.summary_table(files)",
    "mnb.training_progress(model)",
    "mnb.prediction_progress(mnb.batch_prediction('things'))",
    "mnb.training_plot(model, {'both': ['loss', 'accuracy'], 'none': 'nothing'})",
    """
from types import SimpleNamespace
values = {"size": "a", "ratios": [0.5], "other": {}, "on": True}
things = SimpleNamespace(parameters={name: mnb.Stream(it) for name, it in values.items()})
mnb.model_parameters(things, {"size": {"type": "menu", "options": ["a", "b"]}})
""",
)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_no_view_has_a_serious_violation(
    lab: NotebookPage, server: JupyterServer, theme: str
) -> None:
    lab.page.set_viewport_size({"width": 1280, "height": 4000})
    with server.settings("apputils-extension/themes", theme=theme):
        lab.start(LOOP, *OTHERS)
    light = str(theme.endswith("Light")).lower()
    expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
    camera = lab.view("webcam")
    camera.get_by_role("button", name="Start camera").click()
    expect(camera.get_by_role("button", name="Stop camera")).to_be_visible()
    stored = lab.view("model")
    stored.get_by_role("button", name="Load …").click()
    expect(stored.get_by_role("button", name="Load things, ")).to_be_visible()
    browser = lab.view("dataset_browser")
    browser.get_by_role("option").first.click()
    browser.get_by_role("button", name="Rename wave").click()
    lab.view("image_upload").locator("input[type=file]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    )
    expect(lab.view("image_upload").get_by_role("alert").first).to_contain_text("notes.txt")
    lab.page.evaluate(AXE.read_text())
    found = lab.page.evaluate("axe.run('.marcelle', {resultTypes: ['violations']})")
    serious = [v for v in found["violations"] if v["impact"] in {"serious", "critical"}]
    assert serious == [], [described(violation) for violation in serious]
    assert len(found["passes"]) > 15


def described(violation: dict[str, Any]) -> tuple[str, list[str]]:
    nodes = [f"{n['html'][:150]} ({n['failureSummary'][:200]})" for n in violation["nodes"]]
    return violation["id"], nodes


FOCUSED = """
() => {
  const element = document.activeElement;
  const label = element.labels?.[0]?.textContent ?? "";
  return (element.getAttribute("aria-label") ?? label) || element.textContent.trim();
}
"""


def test_the_whole_loop_can_be_done_by_keyboard(either: NotebookPage) -> None:
    either.start(LOOP)
    keyboard = either.page.keyboard

    def tab_to(name: str, key: str = "Tab") -> None:
        for _ in range(60):
            if str(either.page.evaluate(FOCUSED)).startswith(name):
                return
            keyboard.press(key)
        pytest.fail(f"{name}: expected to be reached with {key}")

    def record(label: str) -> None:
        keyboard.press("Control+a")
        keyboard.type(label)
        tab_to("Hold to record")
        keyboard.down(" ")
        count = either.view("recorder").get_by_role("button", name=label)
        either.eventually(lambda: count.count() and int(count.inner_text().split()[-1]) >= 6)
        keyboard.up(" ")
        expect(either.view("recorder").get_by_role("button", name="Hold to record")).to_be_focused()

    camera = either.view("webcam")
    camera.get_by_role("button", name="Start camera").focus()
    keyboard.press("Enter")
    expect(camera.get_by_role("button", name="Stop camera")).to_be_focused()
    expect(camera.locator("video")).to_be_visible()
    tab_to("Label")
    record("wave")
    tab_to("Label", "Shift+Tab")
    record("clap")

    browser = either.view("dataset_browser")
    tab_to("instance 1")
    keyboard.press("ArrowRight")
    keyboard.press(" ")
    expect(browser.locator(".marcelle-selection")).to_contain_text("1 selected")
    keyboard.press("Delete")
    expect(browser.locator(".marcelle-undo")).to_contain_text("1 instance deleted")

    tab_to("Epochs")
    keyboard.press("Control+a")
    keyboard.type("12")
    keyboard.press("Enter")
    tab_to("Train")
    keyboard.press("Enter")
    status = either.view("model").locator(".marcelle-status")
    expect(status).to_contain_text("Trained: epoch 12 of 12")
    expect(either.view("confidence_plot").get_by_role("meter")).to_have_count(2)
