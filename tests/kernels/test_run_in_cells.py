"""Cells that wait for a training."""

import pytest

from tests.kernels.live_kernel import CellFailed


def test_a_cell_that_waits_can_be_interrupted_and_cancels_the_run(kernel):
    kernel.run("model = endless(); run = model.train(few)")
    page = kernel.show("model")
    cell = kernel.begin("print('waiting', flush=True); run.wait()")
    kernel.until(lambda: "waiting" in cell.output, "the cell waits")
    kernel.never(lambda: cell.ended, "the cell ends by itself", 0.3)
    kernel.interrupt()
    with pytest.raises(CellFailed) as failure:
        cell.wait(2)
    assert failure.value.name == "KeyboardInterrupt"
    kernel.becomes("run.done", True, 2)
    assert page.reaches("success")["data"] == {"stopped": True}
    assert kernel.value("[run.cancelled, model.ready]") == [True, True]


def test_wait_with_a_timeout_says_that_the_run_goes_on(kernel):
    kernel.run("model = endless(); run = model.train(few)")
    with pytest.raises(CellFailed) as failure:
        kernel.run("run.wait(0.1)")
    assert failure.value.name == "TimeoutError"
    assert kernel.value("run.done") is False


def test_a_cell_can_await_a_run(kernel):
    kernel.run("model = mnb.mlp(epochs=30, seed=1)")
    kernel.run("run = await model.train(few)")
    assert kernel.value("[run.done, len(run.history['loss'])]") == [True, 30]


def test_a_cell_can_await_a_run_that_a_page_started_on_another_thread(kernel):
    kernel.run("""
model = endless()
starter = mnb.knn()
threads, runs = [], []
def begin(k):
    threads.append(threading.current_thread() is threading.main_thread())
    if k == 10:
        runs.append(model.train(few))
starter.parameters.k.subscribe(begin)
threads.clear()
""")
    page = kernel.show("starter")
    page.write(k=9)  # kernel 7.4 answers the first write on the main thread
    kernel.becomes("len(threads)", 1)
    page.write(k=10)
    kernel.becomes("len(runs)", 1)
    assert kernel.value("threads[1]") is (kernel.subshell is None)

    companion = kernel.show("model")
    companion.write(epochs=30)
    kernel.run("run = await runs[0]")
    assert kernel.value("run.done") is True
    assert kernel.value("len(run.history['loss'])") >= 30


def test_other_tasks_go_on_while_a_cell_awaits(kernel):
    kernel.run("model = endless(); run = model.train(few)")
    kernel.run("""
import asyncio
ticks = []
async def tick():
    while len(ticks) < 5:
        ticks.append(1)
        await asyncio.sleep(0.01)
    run.cancel()
task = asyncio.get_running_loop().create_task(tick())
await run
""")
    assert kernel.value("len(ticks)") == 5


def test_a_run_that_fails_raises_in_the_cell_that_waits(kernel):
    kernel.run("model = mnb.mlp(); run = model.train([])")
    for code in ("run.wait()", "await run"):
        with pytest.raises(CellFailed) as failure:
            kernel.run(code)
        assert failure.value.name == "TrainingError"
