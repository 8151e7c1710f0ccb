import asyncio
import concurrent.futures
import contextvars
import gc
import os
import signal
import threading
import weakref

import pytest

from marcelle_nb.errors import RunCancelled, TrainingError
from marcelle_nb.run import Run
from tests.at_once import at_once, each
from tests.eventually import eventually


class Work:
    """Work that goes on until it is let go, or cancelled."""

    def __init__(self):
        self.go = threading.Event()
        self.began = threading.Event()

    def __call__(self, run):
        self.began.set()
        while not (run.cancelled or self.go.wait(0.005)):
            pass


@pytest.fixture
def work():
    work = Work()
    yield work
    work.go.set()


def failing(error):
    def work(run):
        raise error

    return Run(work)


def test_start_returns_while_the_work_goes_on(work):
    run = Run(work).start()
    assert work.began.wait(20)
    assert not run.done


def test_wait_returns_the_run_when_it_ended(work):
    run = Run(work).start()
    work.go.set()
    assert run.wait(20) is run
    assert run.done


def test_a_cancelled_run_ends_and_can_be_waited_for(work):
    run = Run(work).start()
    run.cancel()
    assert run.wait(20).cancelled


def test_cancelling_often_from_many_threads_is_one_cancel(work):
    run = Run(work).start()
    at_once(*[run.cancel] * 4)
    run.wait(20)
    run.cancel()
    assert run.error is None


def test_wait_raises_at_its_timeout_and_the_run_goes_on(work):
    run = Run(work).start()
    with pytest.raises(TimeoutError, match=r"expected the run to end within 0\.01 s"):
        run.wait(0.01)
    assert not run.done
    assert not run.cancelled


def test_wait_without_time_looks_once(work):
    run = Run(work).start()
    with pytest.raises(TimeoutError):
        run.wait(0)
    work.go.set()
    eventually(lambda: run.done)
    assert run.wait(0) is run


def test_a_failed_run_raises_a_training_error_that_names_the_cause():
    cause = KeyError("x")
    run = failing(cause).start()
    with pytest.raises(TrainingError, match="KeyError: 'x'") as caught:
        run.wait(20)
    assert caught.value.__cause__ is cause
    assert run.error is cause


def test_a_training_error_is_raised_as_it_is():
    run = failing(TrainingError("no data")).start()
    with pytest.raises(TrainingError, match=r"^no data$"):
        run.wait(20)


def test_an_unexpected_error_is_logged_with_its_traceback(caplog):
    run = failing(KeyError("x")).start()
    eventually(lambda: run.done)
    assert "KeyError" in caplog.text


def test_an_expected_error_is_not_logged(caplog):
    run = failing(TrainingError("no data")).start()
    eventually(lambda: run.done)
    assert caplog.text == ""


def test_work_that_leaves_its_thread_has_failed():
    run = failing(SystemExit(3)).start()
    with pytest.raises(TrainingError, match="SystemExit"):
        run.wait(20)


@pytest.fixture
def interrupted_wait(monkeypatch):
    """The first blocking wait of a run is interrupted as by Ctrl-C, while it blocks."""
    wait = concurrent.futures.wait

    def interrupted(futures, timeout):
        monkeypatch.undo()
        threading.Thread(target=os.kill, args=[os.getpid(), signal.SIGINT]).start()
        wait(futures, 20)

    monkeypatch.setattr(concurrent.futures, "wait", interrupted)


@pytest.mark.parametrize("timeout", [None, 60])
@pytest.mark.usefixtures("interrupted_wait")
def test_an_interrupted_wait_cancels_the_run(work, timeout):
    run = Run(work).start()
    with pytest.raises(KeyboardInterrupt):
        run.wait(timeout)
    assert run.wait(20).cancelled


def test_waiting_on_the_runs_own_thread_is_refused():
    def wait(run):
        run.wait()

    run = Run(wait).start()
    with pytest.raises(TrainingError, match="expected another thread than the run's own"):
        run.wait(20)


def test_many_threads_can_wait_at_once(work):
    run = Run(work).start()
    answers: list[Run] = []
    waits = [lambda: answers.append(run.wait(20))] * 4
    at_once(*waits, work.go.set)
    assert answers == [run] * 4


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda: Run(lambda run: None), "<Run finished, 0 epochs>"),
        (lambda: failing(TrainingError("x")), "<Run failed, 0 epochs>"),
    ],
)
def test_cancel_after_the_end_does_nothing(make, state):
    run = make().start()
    eventually(lambda: run.done)
    run.cancel()
    assert (run.cancelled, repr(run)) == (False, state)


def test_a_checkpoint_is_passed_until_the_run_is_cancelled():
    run = Run(lambda run: None)
    run.checkpoint()
    run.cancel()
    with pytest.raises(RunCancelled):
        run.checkpoint()


@pytest.mark.parametrize("error", [None, TrainingError("x")])
def test_a_run_that_ended_lets_go_of_its_work(error):
    def make():
        data = {1, 2, 3}

        def work(run):
            if error and data:
                raise error

        return Run(work), weakref.ref(data)

    run, gone = make()
    run.start()
    eventually(lambda: run.done)
    if error:
        error.__traceback__ = None  # which holds the frames of the work, for who looks into it
    assert eventually(lambda: (gc.collect(), gone() is None)[1])


# Awaiting


async def awaited(run):
    return await run


def test_await_gives_the_run(work):
    run = Run(work).start()
    work.go.set()
    assert asyncio.run(awaited(run)) is run


def test_a_run_that_has_ended_can_be_awaited_again_and_again(work):
    run = Run(work).start()
    work.go.set()
    assert [asyncio.run(awaited(run)) for _ in range(3)] == [run] * 3


def test_two_event_loops_await_one_run_at_once(work):
    run = Run(work).start()
    answers: list[Run] = []
    loops = [lambda: answers.append(asyncio.run(awaited(run)))] * 2
    at_once(*loops, lambda: (work.began.wait(20), work.go.set()))
    assert answers == [run, run]


def test_await_raises_where_the_run_failed():
    run = failing(ValueError("x: bad")).start()
    with pytest.raises(TrainingError, match="x: bad"):
        asyncio.run(awaited(run))


def test_await_does_not_block_the_loop(work):
    async def both():
        run = Run(work).start()
        task = asyncio.ensure_future(awaited(run))
        await asyncio.sleep(0)
        work.go.set()  # would never be reached
        return await task

    assert asyncio.run(both()).done


def test_a_timeout_while_awaiting_leaves_the_run_running(work):
    run = Run(work).start()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(awaited(run), 0.01))
    assert not run.done
    assert not run.cancelled


def test_a_cancelled_task_leaves_the_run_to_the_others(work):
    async def two_tasks():
        run = Run(work).start()
        first, second = (asyncio.ensure_future(awaited(run)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        work.go.set()
        return await second

    assert asyncio.run(two_tasks()).error is None


def test_a_loop_that_was_closed_while_it_awaited_harms_nobody(work, caplog):
    run = Run(work).start()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(awaited(run), 0.01))
    work.go.set()
    run.wait(20)
    assert caplog.text == ""


# History and state


def test_history_is_a_list_per_metric():
    run = Run(lambda run: None)
    run.record({"loss": 2, "accuracy": 0.5})
    run.record({"loss": 1})
    assert run.history == {"loss": [2.0, 1.0], "accuracy": [0.5]}


def test_history_is_a_copy():
    run = Run(lambda run: None)
    run.record({"loss": 1})
    run.history["loss"].append(9)
    assert run.history == {"loss": [1.0]}


def test_history_can_be_read_while_it_grows():
    run = Run(lambda run: None)

    def read():
        for _ in range(500):
            history = run.history
            assert abs(len(history.get("a", [])) - len(history.get("b", []))) == 0

    at_once(each(run.record, [{"a": 1, "b": 2}] * 500), read)


def test_the_work_runs_in_the_context_of_who_started_it():
    cell = contextvars.ContextVar("cell", default="")
    cell.set("In [3]")
    seen: list[str] = []
    Run(lambda run: seen.append(cell.get())).start().wait(20)
    assert seen == ["In [3]"]


def test_error_is_none_while_it_runs(work):
    assert Run(work).start().error is None


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda: Run(lambda run: run.record({"loss": 1})), "<Run finished, 1 epochs>"),
        (lambda: failing(TrainingError("x")), "<Run failed, 0 epochs>"),
        (lambda: Run(lambda run: run.cancel()), "<Run stopped, 0 epochs>"),
    ],
)
def test_repr_says_how_it_ended(make, state):
    run = make().start()
    eventually(lambda: run.done)
    assert repr(run) == state


def test_repr_says_that_it_runs(work):
    assert repr(Run(work).start()) == "<Run running, 0 epochs>"
