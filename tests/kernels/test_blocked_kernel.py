"""Cancel, while a cell blocks the main thread."""

import pytest

AT_ONCE_S = 1.0

BLOCK = """
print("blocked", flush=True)
while not Path({go!r}).exists():
    time.sleep(0.01)
"""


@pytest.fixture
def go(tmp_path):
    """A file: cells that block end when it is there, and so does a kernel whose test has failed."""
    path = tmp_path / "go"
    yield path
    path.touch()


def block(kernel, go, before="", after=""):
    cell = kernel.begin(before + BLOCK.format(go=str(go)) + after)
    kernel.until(lambda: "blocked" in cell.output, "the cell blocks")
    return cell


def show(kernel):
    """Do what a page does: it greets the control as soon as it draws the widget."""
    page = kernel.show("model")
    page.hello()
    page.control.send({"kind": "hello"})
    page.control.wait("hello")
    return page


@pytest.mark.parametrize(("model", "rows"), [("endless", "few"), ("slow", "many")])
def test_cancel_works_while_a_cell_blocks_where_the_kernel_can_deliver_the_click(
    kernel, go, model, rows
):
    kernel.run(f"model = {model}()")
    page = show(kernel)
    kernel.run(f"run = model.train({rows})")
    page.reaches("start")
    if model == "endless":  # the publisher writes all the time, to the companion widget alone
        page.reaches("epoch", count=3)
    cell = block(kernel, go)

    page.control.send({"kind": "cancel", "run": 1})
    if kernel.delivers_while_busy:
        page.control.wait("cancelled", AT_ONCE_S, run=1)
        assert page.reaches("success", AT_ONCE_S)["data"] == {"stopped": True}
        assert not cell.ended
        go.touch()
        cell.wait()
    else:
        kernel.never(lambda: page.control.customs("cancelled"), "the click is answered")
        assert not page.statuses("success")
        go.touch()
        cell.wait()
        page.control.wait("cancelled", AT_ONCE_S, run=1)
        assert page.reaches("success", AT_ONCE_S)["data"] == {"stopped": True}


def test_cancel_works_a_second_time_while_a_cell_blocks(kernel, go):
    if not kernel.delivers_while_busy:
        pytest.skip("this kernel delivers no click while a cell runs")
    kernel.run("model = endless()")
    page = show(kernel)
    cell = block(kernel, go, before="runs = [model.train(few)]; runs[0].wait; ")
    for number in (1, 2):
        page.reaches("epoch")
        page.control.send({"kind": "cancel", "run": number})
        page.control.wait("cancelled", AT_ONCE_S, run=number)
        page.reaches("success", AT_ONCE_S, count=number)
        if number == 1:
            cell = again(kernel, go, cell)
    go.touch()
    cell.wait()


def again(kernel, go, cell):
    go.touch()
    cell.wait()
    go.unlink()
    return block(kernel, go, before="model.train(few)\n")


def test_a_cancel_that_comes_late_does_not_stop_the_next_run(kernel, go):
    kernel.run("model = mnb.mlp(epochs=2, layers=[8], seed=1)")
    page = show(kernel)
    cell = block(
        kernel,
        go,
        before="first = model.train(few).wait()\n",
        after="model.epochs = 100_000; second = model.train(few)",
    )
    page.reaches("success")
    page.control.send({"kind": "cancel", "run": 1})
    if kernel.delivers_while_busy:
        page.control.wait("cancelled", AT_ONCE_S, run=1)
    else:
        kernel.never(lambda: page.control.customs("cancelled"), "the click is answered")
    go.touch()
    cell.wait()

    page.control.wait("cancelled", AT_ONCE_S, run=1)
    known = len(page.entries)
    kernel.until(lambda: len(page.entries) > known + 2, "the second run goes on")
    assert kernel.value("[second.cancelled, second.done]") == [False, False]
    page.control.send({"kind": "cancel", "run": 2})
    kernel.becomes("second.done", True)


def test_the_control_refuses_what_it_does_not_know(kernel):
    kernel.run("model = mnb.knn()")
    control = kernel.show("model").control
    hostile: list[object] = [
        None,
        [],
        "cancel",
        {},
        {"kind": 3},
        {"kind": "cancel"},
        {"kind": "cancel", "run": "1"},
    ]
    for content in hostile:
        control.send(content)
    kernel.until(lambda: len(control.customs("rejected")) == len(hostile), "all are refused")
    control.send({"kind": "hello"})
    control.wait("hello")
