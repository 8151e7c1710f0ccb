"""A batch of predictions, its confusion matrix and its report: live, by mouse and by keyboard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.hostile import IMAGE, harmless
from tests.browser.test_accessibility import AXE, described

if TYPE_CHECKING:
    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage

CELLS = (
    f"""
import time
import marcelle_nb as mnb

names = ["wave", "clap", {IMAGE!r}, "a label that is too long for its cell"]
rows = [{{"x": [i % 4, i % 7], "y": names[i % 4] if i % 50 else None}} for i in range(400)]
data = mnb.dataset("test set")
data.create(rows)

class Told:
    pause = 0.1
    def predict_many(self, xs):
        time.sleep(self.pause)
        return [{{"label": names[int(x[0] if x[1] else 0)]}} for x in xs]

batch = mnb.batch_prediction("of gestures")
matrix = mnb.confusion_matrix(batch)
batch
""",
    "matrix",
    "mnb.classification_report(batch)",
)


def answer(lab: NotebookPage, expression: str) -> object:
    """Evaluate something in the kernel."""
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def test_predictions_are_counted_as_they_come_and_a_cell_selects_its_instances(
    lab: NotebookPage,
) -> None:
    lab.start(*CELLS)
    batch, matrix = lab.view("batch_prediction"), lab.view("confusion_matrix")
    report = lab.view("classification_report")
    expect(batch).to_contain_text("No predictions yet")
    expect(matrix).to_contain_text("Nothing to count yet")

    lab.execute("run = batch.predict(Told(), data, batch_size=4)")
    expect(batch).to_contain_text("Predicting")
    expect(matrix.locator("td[role]")).to_have_count(16)
    expect(report.locator("tbody tr")).to_have_count(7)
    batch.get_by_role("button", name="Cancel").click()
    expect(batch).to_contain_text("Stopped: predict again to go on")
    assert 0 < int(str(answer(lab, "batch.status.value.count"))) < 400

    lab.execute("Told.pause = 0; run = batch.predict(Told(), data).wait()")
    expect(batch).to_contain_text("400 of 400 instances · Predicted")
    expect(matrix.locator(".marcelle-notes")).to_contain_text("8 predictions left out")
    expect(matrix.locator("tbody th").first).to_have_text(IMAGE)
    expect(report.locator("tbody th").first).to_have_text(IMAGE)

    cell = matrix.locator("tbody tr").nth(2).locator("td").nth(3)
    cell.click()
    expect(cell).to_have_attribute("aria-selected", "true")
    expect(matrix.locator(".marcelle-readout")).to_contain_text("true “clap”, predicted “wave”")
    chosen = "[data.get(i)['y'] for i in matrix.selected_ids.value]"
    labels = answer(lab, chosen)
    assert labels == ["clap"] * int(cell.inner_text())

    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Enter")
    below = matrix.locator("tbody tr").nth(3).locator("td").nth(3)
    expect(below).to_be_focused()
    expect(below).to_have_attribute("aria-selected", "true")
    lab.page.keyboard.press("Escape")
    lab.eventually(lambda: answer(lab, "matrix.selected.value") is None)

    batch.get_by_role("button", name="Clear").click()
    expect(batch).to_contain_text("No predictions yet")
    expect(matrix).to_contain_text("Nothing to count yet")
    expect(report).to_contain_text("Nothing to score yet")
    assert harmless(lab.page)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_displays_of_predictions_have_no_serious_violation(
    lab: NotebookPage, server: JupyterServer, theme: str
) -> None:
    with server.settings("apputils-extension/themes", theme=theme):
        lab.start(*CELLS)
    lab.execute("Told.pause = 0; run = batch.predict(Told(), data).wait()")
    expect(lab.view("confusion_matrix").locator("td[role]")).to_have_count(16)
    expect(lab.view("classification_report").locator("tbody tr")).to_have_count(7)
    lab.page.evaluate(AXE.read_text())
    found = lab.page.evaluate("axe.run('.marcelle', {resultTypes: ['violations']})")
    serious = [v for v in found["violations"] if v["impact"] in {"serious", "critical"}]
    assert serious == [], [described(violation) for violation in serious]
