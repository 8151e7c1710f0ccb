"""Work in the background that can be waited for, awaited and cancelled."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import RunCancelled, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

logger = logging.getLogger("marcelle_nb")

POLL_S = 0.1
"""An endless wait cannot be interrupted on every system; short ones in a row can."""


class Run:
    """One training in the background.

    Parameters
    ----------
    work : callable
        Takes the run; reads `run.cancelled` between slices of at most a quarter second and returns
        when it is true.
    name : str
        Of the thread.

    Notes
    -----
    Thread: any. It depends on no kernel: the same code works in a notebook, a script and a test.
    """

    def __init__(self, work: Callable[[Run], None], name: str = "marcelle-train") -> None:
        self._work = work
        self._name = name
        self._cancel = threading.Event()
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        # from now on no awaiting task can cancel the future
        self._ended.set_running_or_notify_cancel()
        self._error: Exception | None = None
        self._history: dict[str, list[float]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> Run:
        """Begin, on a thread of its own; returns the run."""
        # what the work prints belongs to the cell that started it
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._main,), name=self._name, daemon=True
        )
        self._thread.start()
        return self

    def _main(self) -> None:
        try:
            self._work(self)
        except Exception as error:
            if not isinstance(error, TrainingError):
                logger.exception("the work of %s failed", self._name)
            self._error = error
        # SystemExit, from a subscriber: it must not look like success
        except BaseException as error:  # noqa: BLE001 - the thread ends here, the run reports it
            self._error = TrainingError(f"{type(error).__name__}: {error}")
        finally:
            del self._work  # it holds the data; a run may be kept for its history
            self._ended.set_result(None)

    @property
    def done(self) -> bool:
        """Whether it has ended: finished, cancelled or failed."""
        return self._ended.done()

    @property
    def error(self) -> Exception | None:
        """Why it failed; None while it runs and where it did not."""
        return self._error

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called; the work reads this."""
        return self._cancel.is_set()

    @property
    def history(self) -> dict[str, list[float]]:
        """A list per metric, one number per epoch so far; a copy."""
        with self._lock:
            return {key: list(values) for key, values in self._history.items()}

    def checkpoint(self) -> None:
        """Raise `RunCancelled` if `cancel` was called; the work calls this between slices."""
        if self.cancelled:
            raise RunCancelled

    def record(self, metrics: Mapping[str, float]) -> None:
        """Append one epoch's metrics to the history; the work calls this."""
        with self._lock:
            for key, value in metrics.items():
                self._history.setdefault(key, []).append(float(value))

    def cancel(self) -> None:
        """Ask the work to stop at its next slice; what it has reached is kept. Returns at once."""
        if not self.done:
            self._cancel.set()

    def wait(self, timeout: float | None = None) -> Run:
        """Block until the run has ended or was cancelled.

        Parameters
        ----------
        timeout : float, optional
            Seconds; None waits for ever.

        Returns
        -------
        Run
            This run.

        Raises
        ------
        TimeoutError
            If it still runs; it goes on.
        TrainingError
            If it failed.
        KeyboardInterrupt
            Where the wait is interrupted; the run is cancelled.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError(
                "wait: expected another thread than the run's own: it would wait for ever"
            )
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while not self.done:
                left = POLL_S if deadline is None else min(POLL_S, deadline - time.monotonic())
                if left <= 0:
                    raise TimeoutError(
                        f"wait: expected the run to end within {timeout} s, it goes on"
                    )
                concurrent.futures.wait([self._ended], left)
        except KeyboardInterrupt:
            self.cancel()
            raise
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Run]:
        """Wait without blocking the event loop; raises `TrainingError` on failure."""
        yield from asyncio.wrap_future(self._ended).__await__()
        return self._outcome()

    def _outcome(self) -> Run:
        if self._error is None:
            return self
        if isinstance(self._error, TrainingError):
            # a new one: what is raised again drags the frames of the run along, and its data
            raise TrainingError(str(self._error))
        raise TrainingError(f"{type(self._error).__name__}: {self._error}") from self._error

    def __repr__(self) -> str:
        state = "running"
        if self.done:
            state = "failed" if self._error else "stopped" if self.cancelled else "finished"
        epochs = max(map(len, self.history.values()), default=0)
        return f"<Run {state}, {epochs} epochs>"
