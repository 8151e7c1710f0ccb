"""Labels, names of files and datasets, and messages are text, never HTML."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect

from tests.browser.hostile import ATTRIBUTE, IMAGE, SCRIPT, TEXTS, harmless
from tests.browser.test_static_fallback import open_html
from tests.notebooks import as_html, executed, of_cells

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import FilePayload, Page

    from tests.browser.notebook_page import NotebookPage

CELLS = (
    f"""
import marcelle_nb as mnb
import numpy as np

texts = {TEXTS!r}
data = mnb.dataset(texts[0])
picture = np.zeros((20, 20, 3), np.uint8)
for i in range(12):
    data.create({{"x": np.eye(4)[i % 4], "y": texts[i % 3], "thumbnail": picture}})
upload = mnb.image_upload()
upload
""",
    "recorder = mnb.recorder(upload, data)\nrecorder.label.set(texts[1])\nrecorder",
    "mnb.recorder(mnb.webcam(), data)",
    "mnb.dataset_browser(data)",
    "model = mnb.mlp(epochs=2)\nmodel.train(data).wait()\nmodel",
    "results = mnb.Stream(model.predict(np.eye(4)[0]))\nmnb.confidence_plot(results)",
    "b = mnb.button(texts[0])\nb.alert.set(texts[1])\nb",
    "broken = mnb.knn()\nbroken.title = texts[2]\nbroken.alert.set(texts[0])\nbroken",
)


def test_hostile_texts_are_shown_as_they_are_in_every_widget(lab: NotebookPage) -> None:
    lab.start(*CELLS)
    browser = lab.view("dataset_browser")
    for text in TEXTS:
        group = browser.get_by_role("region", name=text)
        expect(group.locator(".marcelle-label")).to_have_text(text)
        chips = lab.view("recorder").get_by_role("group", name="Known labels")
        expect(chips.get_by_role("button", name=text)).to_be_visible()
        expect(lab.view("confidence_plot").get_by_role("meter", name=text)).to_be_visible()
    expect(browser.locator("header")).to_contain_text(IMAGE)
    expect(lab.view("recorder").locator("footer")).to_contain_text(IMAGE)
    expect(lab.view("model").locator("header")).to_contain_text(IMAGE)
    expect(lab.view("button").get_by_role("button")).to_have_text(IMAGE)
    expect(lab.view("button").get_by_role("alert")).to_have_text(SCRIPT)
    expect(lab.view("model", 1).locator("header")).to_contain_text(ATTRIBUTE)
    expect(lab.view("model", 1).locator(".marcelle-alert")).to_have_text(IMAGE)

    # what the user does with them
    browser.get_by_role("option").first.click()
    browser.get_by_role("button", name="Delete 1").click()
    expect(browser.locator(".marcelle-undo")).to_contain_text("1 instance deleted")
    browser.get_by_role("button", name=f"Delete label {SCRIPT}").click()
    expect(browser.locator(".marcelle-undo")).to_contain_text("<script>")
    field = lab.view("recorder", 1).get_by_label("Label", exact=True)
    field.fill(SCRIPT)
    field.press("Tab")
    assert harmless(lab.page)


def test_hostile_names_of_files_are_shown_as_they_are(lab: NotebookPage) -> None:
    lab.start(*CELLS[:2])
    view = lab.view("image_upload")
    files: list[FilePayload] = [
        picture(f"{IMAGE}.png"),
        {"name": f"{SCRIPT}.png", "mimeType": "image/png", "buffer": b"no picture"},
    ]
    view.locator("input[type=file]").set_input_files(files)
    expect(view).to_contain_text("1 picture sent")
    expect(view.locator(".marcelle-strip img")).to_have_attribute("alt", f"{IMAGE}.png")
    # browsers replace a slash in the name of a file
    expect(view.get_by_role("alert").first).to_contain_text('"><script>')
    add = lab.view("recorder").get_by_role("button", name="Add")
    expect(add).to_contain_text(SCRIPT)
    add.click()
    expect(add).to_be_disabled()
    assert harmless(lab.page)


def test_hostile_texts_are_shown_as_they_are_in_a_converted_notebook(
    page: Page, tmp_path: Path
) -> None:
    html = as_html(executed(of_cells(*CELLS)))
    open_html(page, html, tmp_path)
    for text in TEXTS:
        assert page.get_by_text(text).count() > 0
    assert page.locator("img[src=x]").count() == 0


def picture(name: str) -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", (20, 20)).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}
