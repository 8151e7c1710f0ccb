"""The companion widget of a model: parameters both ways, Train, Cancel, and complete curves."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.curves import values_under_the_pointer

if TYPE_CHECKING:
    from tests.browser.notebook_page import NotebookPage

MODEL = """
import threading, time
import numpy as np
import marcelle_nb as mnb

random = np.random.default_rng(0)
data = mnb.dataset("rows")
rows = [{"x": random.normal(size=16) + i % 2, "y": "ab"[i % 2]} for i in range(60)]
data.create(rows)
model = mnb.mlp(layers=[8], epochs=30, seed=0)
model.dataset = data
model
"""

SLOW = "model.training.subscribe(lambda status: time.sleep({}), key='slow')"

ENDLESS = "model.epochs = 100_000"


@pytest.fixture
def notebook(lab: NotebookPage) -> NotebookPage:
    return lab.start(MODEL)


def test_a_parameter_agrees_in_the_page_the_kernel_a_second_view_and_a_second_widget(
    lab: NotebookPage,
) -> None:
    lab.start(
        MODEL,
        "model",
        "from marcelle_nb.widget import ComponentWidget\nComponentWidget.of(model)",
    )
    views = [lab.view("model", i) for i in range(3)]
    for view in views:
        expect(view.get_by_label("Epochs")).to_have_value("30")
    lab.execute("changes = []; model.parameters.epochs.subscribe(changes.append)")
    views[0].get_by_label("Epochs").fill("55")
    views[0].get_by_label("Epochs").press("Enter")
    for view in views:
        expect(view.get_by_label("Epochs")).to_have_value("55")
    lab.execute("model.epochs = 66")
    for view in views:
        expect(view.get_by_label("Epochs")).to_have_value("66")
    assert lab.execute("print(changes)").strip() == "[30, 55, 66]"

    slider = views[2].get_by_label("Validation split, slider")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    for view in views:
        expect(view.get_by_label("Validation split", exact=True)).to_have_value("0.25")
    lab.eventually(lambda: lab.execute("print(model.validation_split)").strip() == "0.25")

    views[1].get_by_label("Layers").fill("16, 8")
    views[1].get_by_label("Layers").press("Tab")
    expect(views[0].get_by_label("Layers")).to_have_value("16, 8")
    assert lab.execute("print(model.layers)").strip() == "[16, 8]"


@pytest.mark.parametrize(
    ("field", "text", "shown", "reason"),
    [
        ("Epochs", "0", "30", "epochs: expected a whole number from 1 to 100000, got 0"),
        ("Layers", "8, many", "8", "layers[1]: expected a whole number"),
    ],
)
def test_a_refused_value_goes_back_to_the_kernels_with_the_reason(
    notebook: NotebookPage, field: str, text: str, shown: str, reason: str
) -> None:
    view = notebook.view("model")
    view.get_by_label(field).fill(text)
    view.get_by_label(field).press("Tab")
    expect(view.locator(".marcelle-alert")).to_contain_text(reason)
    expect(view.get_by_label(field)).to_have_value(shown)
    assert notebook.execute("print(model.epochs, model.layers)").strip() == "30 [8]"


def test_two_clicks_on_train_train_once_and_every_epoch_is_in_the_curves(
    notebook: NotebookPage,
) -> None:
    notebook.execute(
        "statuses = []; model.training.subscribe(lambda s: statuses.append(s.status))\n"
        + SLOW.format(0.01)
    )
    view = notebook.view("model")
    view.get_by_role("button", name="Train").dblclick()
    expect(view.locator(".marcelle-status")).to_contain_text("Trained: epoch 30 of 30")
    counted = "print(*map(statuses.count, ('start', 'epoch', 'success')))"
    assert notebook.execute(counted).split() == ["1", "30", "1"]
    assert_curves_agree(notebook, 30)


def test_cancel_ends_a_training_within_a_second_and_keeps_what_was_learned(
    notebook: NotebookPage,
) -> None:
    notebook.execute(ENDLESS)
    view = notebook.view("model")
    view.get_by_role("button", name="Train").click()
    expect(view.locator(".marcelle-status")).to_contain_text("Epoch")
    assert_cancels(notebook)
    assert notebook.execute("print(model.predict(np.ones(16)).label)").strip() in {"a", "b"}


def test_cancel_works_at_once_while_a_cell_blocks_the_kernel(notebook: NotebookPage) -> None:
    notebook.execute(ENDLESS)
    view = notebook.view("model")
    view.get_by_role("button", name="Train").click()
    expect(view.locator(".marcelle-status")).to_contain_text("Epoch")
    notebook.begin("for _ in range(600): time.sleep(0.1)")
    notebook.eventually(lambda: notebook.kernel_status() == "busy")
    assert_cancels(notebook)
    assert notebook.is_running
    notebook.interrupt()


def test_a_widget_that_a_cell_keeps_from_answering_says_that_the_kernel_is_busy(
    lab: NotebookPage,
) -> None:
    lab.start("import marcelle_nb as mnb, time\nb = mnb.button('0')\nb")
    # a cell that shows its progress on a widget keeps that widget's messages waiting
    lab.begin("for i in range(600): b.text.set(str(i)); time.sleep(0.1)")
    alert = lab.view("button").get_by_role("alert")
    expect(alert).to_contain_text("busy with another cell", timeout=8_000)
    assert lab.is_running
    lab.interrupt()
    expect(alert).to_be_hidden(timeout=5_000)


def test_a_page_that_is_reloaded_during_a_training_shows_all_of_it(notebook: NotebookPage) -> None:
    notebook.execute("model.epochs = 100; " + SLOW.format(0.05))
    status = notebook.view("model").locator(".marcelle-status")
    notebook.view("model").get_by_role("button", name="Train").click()
    expect(status).to_contain_text("Epoch")
    notebook.save()
    notebook.reload()
    expect(status).to_contain_text("Trained: epoch 100 of 100", timeout=30_000)
    assert_curves_agree(notebook, 100)
    notebook.reload()
    expect(status).to_contain_text("Trained: epoch 100 of 100")
    assert_curves_agree(notebook, 100)


def test_the_page_stays_responsive_during_thousands_of_epochs(notebook: NotebookPage) -> None:
    notebook.execute("model.epochs = 5000; model.batch_size = 60")
    view = notebook.view("model")
    view.get_by_role("button", name="Train").click()
    expect(view.locator(".marcelle-status")).to_contain_text("Epoch")
    field = view.get_by_label("Validation split", exact=True)
    slowest = 0.0
    for value in ("0.3", "0.31", "0.32"):
        began = time.monotonic()
        field.fill(value)
        field.press("Enter")
        notebook.eventually(partial(has_split, notebook, value))
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 3
    expect(view.locator(".marcelle-status")).to_contain_text(
        "Trained: epoch 5000 of 5000", timeout=60_000
    )
    # charts are drawn at most ten times a second: the last ones stand a moment after the words
    notebook.eventually(lambda: max(values_under_the_pointer(view)) >= 4_980)
    read = values_under_the_pointer(view)
    assert min(read) <= 20
    assert_values_agree(notebook, read)


def has_split(notebook: NotebookPage, value: str) -> bool:
    return notebook.execute("print(model.validation_split)").strip() == value


def assert_cancels(notebook: NotebookPage) -> None:
    """Click on Cancel; the training must be over within a second."""
    view = notebook.view("model")
    view.get_by_role("button", name="Cancel").click()
    began = time.monotonic()
    expect(view.locator(".marcelle-status")).to_contain_text(
        "Stopped, what was learned is kept", timeout=5_000
    )
    assert time.monotonic() - began < 1


def assert_curves_agree(notebook: NotebookPage, epochs: int) -> None:
    """Every epoch is under the pointer, with the value that the kernel has."""
    view = notebook.view("model")
    notebook.eventually(lambda: len(values_under_the_pointer(view)) == epochs)
    read = values_under_the_pointer(view)
    assert sorted(read) == list(range(1, epochs + 1))
    assert_values_agree(notebook, read)


def assert_values_agree(notebook: NotebookPage, read: dict[int, float]) -> None:
    losses = notebook.execute("print(*model.training.value.data['loss'])").split()
    for epoch, value in read.items():
        assert value == pytest.approx(float(losses[epoch - 1]), abs=0.006, rel=0.01)
