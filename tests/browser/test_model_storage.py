"""What a model is stored with in a real page: saved, cleared, loaded, downloaded, uploaded."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.notebook_page import NotebookPage

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Download, FloatRect, Locator

    from tests.browser.jupyter_server import JupyterServer

MODEL = """
import numpy as np
import marcelle_nb as mnb

random = np.random.default_rng(0)
things = mnb.dataset("things")
for i in range(30):
    things.create({{"x": random.normal(size=4) + 3 * (i % 2), "y": ["wave", "clap"][i % 2]}})
model = mnb.{model}
model.dataset = things
x = random.normal(size=4)
model
"""

MLP = MODEL.format(model="mlp(layers=[8], epochs=5, seed=0)")
SHARED = MODEL.format(model="knn(data_store='STORE')")
LARGE = MODEL.format(model="mlp(layers=[600, 600], epochs=1)")

CONFIDENCES = "print(model.predict(x).confidences)"

DROP = """
async (view, {name, data}) => {
  const event = new Event("drop", { bubbles: true, cancelable: true });
  const files = [new File([Uint8Array.from(data)], name)];
  Object.defineProperty(event, "dataTransfer", { value: { files, types: ["Files"], items: [] } });
  view.querySelector("header").dispatchEvent(event);
}
"""


def button(view: Locator, name: str) -> Locator:
    return view.get_by_role("button", name=name, exact=True)


def box(element: Locator) -> FloatRect:
    """Give the place of an element, which is there."""
    place = element.bounding_box()
    assert place is not None
    return place


def train(view: Locator) -> None:
    button(view, "Train").click()
    expect(view.locator(".marcelle-status")).to_contain_text("Trained")


def save(view: Locator, name: str) -> None:
    view.get_by_label("Name to save as").fill(name)
    button(view, "Save").click()
    expect(view.get_by_text("Saved", exact=True)).to_be_visible()


def test_what_is_trained_is_saved_cleared_and_loaded_again(either: NotebookPage) -> None:
    either.start(MLP)
    view = either.view("model")
    expect(view).to_contain_text("Kept in this kernel's memory")
    expect(button(view, "Save")).to_be_hidden()
    train(view)
    before = either.execute(CONFIDENCES)
    save(view, "<b>gestures</b>")
    button(view, "Clear").click()
    expect(view.locator(".marcelle-status")).to_have_text("Not trained yet")
    expect(button(view, "Save")).to_be_hidden()
    button(view, "Load …").click()
    row = view.get_by_role("listitem").filter(has_text="<b>gestures</b>")
    expect(row).to_contain_text("wave, clap")
    row.get_by_role("button").click()
    expect(view.locator(".marcelle-status")).to_have_text("Loaded")
    assert either.execute(CONFIDENCES) == before
    expect(view.get_by_label("Name to save as")).to_have_value("<b>gestures</b>")


def test_a_download_is_what_python_writes_and_another_model_takes_it(
    lab: NotebookPage, tmp_path: Path
) -> None:
    lab.start(MLP, "other = mnb.mlp()\nother")
    view, other = lab.view("model"), lab.view("model", 1)
    train(view)
    with lab.page.expect_download() as waiting:
        button(view, "Download").click()
    expect(view.get_by_text("Downloaded: mlpclassifier.zip")).to_be_visible()
    assert waiting.value.suggested_filename == "mlpclassifier.zip"
    waiting.value.save_as(tmp_path / "mlpclassifier.zip")
    lab.execute(f"model.download({str(tmp_path / 'python')!r})")
    with zipfile.ZipFile(tmp_path / "mlpclassifier.zip") as archive:
        archive.extractall(tmp_path / "page")
    written = {path.name: path.read_bytes() for path in (tmp_path / "python").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "page").iterdir()} == written
    assert len(written) == 2
    with lab.page.expect_file_chooser() as chosen:
        button(other, "Upload").press("Enter")
    chosen.value.set_files([*(tmp_path / "page").iterdir()])
    expect(other.locator(".marcelle-status")).to_have_text("Loaded")
    same = lab.execute("print(other.predict(x).confidences == model.predict(x).confidences)")
    assert same.strip() == "True"
    button(other, "Clear").click()
    expect(other.locator(".marcelle-status")).to_have_text("Not trained yet")
    other.evaluate(
        DROP, {"name": "m.zip", "data": [*(tmp_path / "mlpclassifier.zip").read_bytes()]}
    )
    expect(other.locator(".marcelle-status")).to_have_text("Loaded")


def test_a_large_model_comes_whole_and_only_to_the_view_that_asked(lab: NotebookPage) -> None:
    lab.start(LARGE, "model")
    train(lab.view("model"))
    kept: list[Download] = []
    lab.page.on("download", lambda it: kept.append(it))  # noqa: PLW0108 - it sets an attribute
    button(lab.view("model", 1), "Download").click()
    lab.eventually(lambda: kept)
    path = kept[0].path()
    assert path.stat().st_size > 1_100_000
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    lab.page.wait_for_timeout(500)
    assert len(kept) == 1
    expect(lab.view("model").get_by_text("Downloaded")).to_have_count(0)


def test_two_notebooks_share_the_models_of_a_store(
    lab: NotebookPage, server: JupyterServer, tmp_path: Path
) -> None:
    cell = SHARED.replace("STORE", str(tmp_path / "class.db"))
    lab.start(cell)
    page = lab.page.context.new_page()
    page.set_default_timeout(20_000)
    other = NotebookPage(page, server).start(cell)
    mine, theirs = lab.view("model"), other.view("model")
    button(theirs, "Load …").click()
    expect(theirs.get_by_text("Nothing is saved here yet.")).to_be_visible()
    train(mine)
    save(mine, "of the first notebook")
    row = theirs.get_by_role("listitem").filter(has_text="of the first notebook")
    expect(row).to_have_count(1)
    button(mine, "Save").click()
    lab.page.wait_for_timeout(1_000)
    expect(row).to_have_count(1)
    row.get_by_role("button").click()
    expect(theirs.locator(".marcelle-status")).to_have_text("Loaded")
    assert other.execute("print(model.labels)") == lab.execute("print(model.labels)")
    save(theirs, "of the second")
    button(mine, "Load …").click()
    names = mine.get_by_role("listitem").locator("strong")
    expect(names).to_have_text(["of the second", "of the first notebook"])


def test_what_cannot_be_loaded_says_why_beside_the_buttons(lab: NotebookPage) -> None:
    lab.start(MLP)
    view = lab.view("model")
    train(view)
    before = lab.execute(CONFIDENCES)
    view.locator(".marcelle-storage input[type=file]").set_input_files(
        {"name": "<i>notes</i>.json", "mimeType": "text/plain", "buffer": b"{}"}
    )
    alert = view.locator(".marcelle-alert")
    expect(alert).to_contain_text("expected")
    expect(view.locator(".marcelle-status")).to_contain_text("Not loaded: ")
    gap = box(alert)["y"] - box(view.locator(".marcelle-storage"))["y"]
    assert gap < 200
    assert lab.execute(CONFIDENCES) == before
    assert view.locator("i").count() == 0


def test_it_is_all_done_by_keyboard(either: NotebookPage) -> None:
    either.start(MLP)
    view, keyboard = either.view("model"), either.page.keyboard
    train(view)
    button(view, "Clear").focus()
    keyboard.press("Tab")
    expect(view.get_by_label("Name to save as")).to_be_focused()
    keyboard.press("Control+a")
    keyboard.type("typed")
    keyboard.press("Enter")
    expect(view.get_by_text("Saved", exact=True)).to_be_visible()
    for name in ("Save", "Load …"):
        keyboard.press("Tab")
        expect(button(view, name)).to_be_focused()
    keyboard.press("Enter")
    load = view.get_by_role("button", name=re.compile("^Load typed, "))
    expect(load).to_be_visible()
    for name in ("Download", "Upload"):
        keyboard.press("Tab")
        expect(button(view, name)).to_be_focused()
    keyboard.press("Tab")
    expect(load).to_be_focused()
    keyboard.press("Enter")
    expect(view.locator(".marcelle-status")).to_have_text("Loaded")
    expect(load).to_be_focused()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_sticks_out_or_overlaps(
    lab: NotebookPage, server: JupyterServer, theme: str
) -> None:
    with server.settings("apputils-extension/themes", theme=theme):
        lab.start(MLP)
    view = lab.view("model")
    train(view)
    lab.execute("model.save('long name ' * 40); model.save('x')")
    button(view, "Load …").click()
    expect(view.get_by_role("listitem")).to_have_count(2)
    for width in (1280, 700):
        lab.page.set_viewport_size({"width": width, "height": 1400})
        for row in view.get_by_role("listitem").all():
            boxes = [box(it) for it in row.locator("> *").all()]
            edges = [edge for one in boxes for edge in (one["x"], one["x"] + one["width"])]
            assert edges == sorted(edges)
            outer = box(view)
            assert edges[-1] <= outer["x"] + outer["width"]
