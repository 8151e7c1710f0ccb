"""A training in the background, and the page at the same time."""

import pytest

AT_ONCE_S = 1.0


def test_the_cell_that_trains_returns_at_once_and_everything_else_goes_on(kernel):
    kernel.run("model = slow()")
    page = kernel.show("model")
    cell = kernel.run("run = model.train(many)")
    assert cell.seconds < AT_ONCE_S
    assert page.reaches("start")["run"] == 1

    page.write(epochs=7)
    kernel.becomes("model.epochs", 7)
    assert kernel.run("answer = 6 * 7").seconds < AT_ONCE_S
    assert kernel.value("[answer, run.done]") == [42, False]


def test_a_change_of_epochs_from_the_page_counts_while_it_trains(kernel):
    kernel.run("model = endless()")
    page = kernel.show("model")
    kernel.run("run = model.train(few)")
    page.reaches("epoch", count=5)
    page.write(epochs=6)
    assert page.reaches("success")["data"] == {}
    assert kernel.value("len(run.history['loss'])") >= 6


@pytest.mark.parametrize(("model", "rows"), [("endless", "few"), ("slow", "many")])
def test_cancel_ends_a_run_within_a_second_and_keeps_its_weights(kernel, model, rows):
    kernel.run(f"model = {model}()")
    page = kernel.show("model")
    page.hello()
    page.control.send({"kind": "hello"})
    page.control.wait("hello")
    kernel.run(f"run = model.train({rows})")
    page.reaches("start")
    if model == "endless":
        page.reaches("epoch", count=3)

    page.control.send({"kind": "cancel", "run": 1})
    page.control.wait("cancelled", AT_ONCE_S, run=1)
    assert page.reaches("success", AT_ONCE_S)["data"] == {"stopped": True}
    kernel.becomes("run.done", True, AT_ONCE_S)
    assert kernel.value("[run.cancelled, model.training.value.data['stopped']]") == [True, True]
    assert kernel.value(f"model.predict({rows}[0]['x']).label") in {"a", "b"}


def test_a_page_that_cannot_reach_the_control_cancels_through_the_widget(kernel):
    kernel.run("model = endless()")
    page = kernel.show("model")
    kernel.run("run = model.train(few)")
    page.reaches("epoch")
    page.send({"kind": "cancel", "run": 1})
    assert page.reaches("success", AT_ONCE_S)["data"] == {"stopped": True}


def test_train_and_clear_work_from_the_page(kernel):
    kernel.run("model = mnb.mlp(epochs=3); data = mnb.dataset('from the page'); data.clear()")
    page = kernel.show("model")
    page.send({"kind": "train"})
    page.wait("rejected")
    kernel.run("data.create(few); model.dataset = data")
    page.knows(can_train=True, dataset="from the page, 20 instances of 2 labels")
    page.send({"kind": "train"})
    page.reaches("success")
    assert kernel.value("model.ready")
    page.send({"kind": "clear"})
    kernel.becomes("model.ready", False)
