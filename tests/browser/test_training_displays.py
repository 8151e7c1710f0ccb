"""The displays of a training in a real page: its bar, its curves, its parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.curves import values_under_the_pointer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.notebook_page import NotebookPage

MODEL = """
import numpy as np
import marcelle_nb as mnb

random = np.random.default_rng(0)
rows = [{"x": random.normal(size=16) + i % 2, "y": "ab"[i % 2]} for i in range(60)]
model = mnb.mlp(layers=[8], epochs=30, seed=0)
"""

TRAIN = "run = model.train(rows).wait(60)"


def test_a_bar_fills_and_says_what_is_under_way(lab: NotebookPage) -> None:
    lab.start(MODEL, "mnb.training_progress(model)")
    bar = lab.view("training_progress")
    expect(bar.get_by_role("status")).to_have_text("Status: idle")
    lab.execute(TRAIN)
    expect(bar.get_by_role("status")).to_have_text("Status: success")
    expect(bar.get_by_role("progressbar", name="Training")).to_have_js_property("value", 1)


def test_a_batch_fills_its_bar(lab: NotebookPage) -> None:
    lab.start(MODEL, "batch = mnb.batch_prediction('page')\nmnb.prediction_progress(batch)")
    bar = lab.view("prediction_progress")
    lab.execute(f"{TRAIN}\nbatch.predict(model, rows).wait(60)")
    expect(bar).to_contain_text("60 of 60 predicted")
    expect(bar.get_by_role("progressbar", name="Prediction")).to_have_js_property("value", 1)
    lab.execute("batch.clear()")
    expect(bar.get_by_role("status")).to_have_text("Status: idle")


def test_the_curves_are_the_history_also_of_a_training_before(lab: NotebookPage) -> None:
    lab.start(MODEL, TRAIN, "mnb.training_plot(model, {'one': ['loss'], 'two': ['nothing']})")
    plot = lab.view("training_plot")
    expect(plot.locator("figure").nth(1)).to_contain_text("Not told: nothing.")
    losses = json.loads(lab.execute("import json; print(json.dumps(run.history['loss']))"))
    expect(plot.locator("figure").first).to_contain_text(f"{losses[-1]:.2f}")
    read = values_under_the_pointer(plot, "one")
    assert [*read] == [*range(1, 31)]
    assert [*read.values()] == pytest.approx(losses, abs=0.006)


def test_plots_beside_each_other_stand_at_one_height(lab: NotebookPage) -> None:
    logs = "{'loss': ['loss', 'lossVal'], 'accuracy': ['acc', 'accVal'], 'odd': ['nothing']}"
    lab.page.set_viewport_size({"width": 1280, "height": 1000})
    lab.start(MODEL, TRAIN, f"mnb.training_plot(model, {logs})")
    plot = lab.view("training_plot")
    expect(plot.locator("figure").nth(1)).to_contain_text("val_accuracy")
    expect(plot.locator("figure").nth(2)).to_contain_text("Not told: nothing.")
    tops = {plot.locator("figure .marcelle-plot").nth(i).bounding_box()["y"] for i in range(3)}  # type: ignore[index]
    assert len(tops) == 1


def test_a_model_that_is_loaded_takes_its_curves_away(lab: NotebookPage, tmp_path: Path) -> None:
    store = f"store = mnb.data_store({str(tmp_path / 'a.db')!r})"
    lab.start(MODEL, TRAIN, "mnb.training_plot(model)", "model")
    plot, companion = lab.view("training_plot"), lab.view("model")
    expect(plot).to_contain_text("val_loss")
    lab.execute(f"{store}\nmodel.load(store, model.save(store, 'kept'))")
    expect(plot.locator("figure").first).to_contain_text("A model that was loaded has no curves.")
    expect(companion.locator("figure")).to_have_count(0)


def test_the_columns_that_are_most_wanted_are_in_sight(lab: NotebookPage) -> None:
    lab.page.set_viewport_size({"width": 1280, "height": 1000})
    actions = "{'actions': ['select model', {'name': 'compare', 'multiple': True}]}"
    track = f"history = mnb.training_history('memory', {actions}).track(model, 'animals')"
    lab.start(MODEL, f"{track}\n{TRAIN}", "history")
    runs = lab.view("training_history").get_by_role("region", name="Runs")
    pinned = runs.locator("tbody td.marcelle-buttons").bounding_box()
    assert pinned is not None
    for name in ("name", "status", "start", "accuracy", "loss"):
        box = runs.get_by_role("columnheader", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= pinned["x"] + 1
    more = runs.get_by_role("button", name="More columns")
    expect(more).to_be_visible()
    more.click()
    more.click()
    expect(more).to_be_hidden()


def test_a_parameter_agrees_in_its_panel_in_the_model_and_in_the_companion(
    lab: NotebookPage,
) -> None:
    lab.start(MODEL, "mnb.model_parameters(model)", "model")
    panel, companion = lab.view("model_parameters"), lab.view("model")
    panel.get_by_label("Epochs").fill("55")
    panel.get_by_label("Epochs").press("Enter")
    expect(companion.get_by_label("Epochs")).to_have_value("55")
    companion.get_by_label("Epochs").fill("66")
    companion.get_by_label("Epochs").press("Enter")
    expect(panel.get_by_label("Epochs")).to_have_value("66")
    panel.get_by_label("Epochs").fill("0")
    panel.get_by_label("Epochs").press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("epochs: expected a whole number")
    expect(panel.get_by_label("Epochs")).to_have_value("66")


def test_a_cell_that_runs_again_leaves_no_listener_behind(lab: NotebookPage) -> None:
    shown = "bars = [mnb.training_progress(model), mnb.training_plot(model)]\n"
    lab.start(MODEL, shown + "display(*bars)", "mnb.model_parameters(model)")
    expect(lab.view("training_plot").locator("figure")).to_have_count(2)
    count = "print(len(model.training._subscriptions), len(model.parameters.epochs._subscriptions))"
    before = lab.execute(count)
    for cell in (1, 2):
        lab.run_cell(cell)
    lab.page.wait_for_timeout(2_000)
    assert lab.execute(count) == before
