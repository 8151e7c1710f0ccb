"""Writes one training run into a store while it goes on."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import NotFound, StoreError
from marcelle_nb.models.run_document import Logs, marcelle_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.models.training_runs import TrainingRuns

logger = logging.getLogger("marcelle_nb")

BEAT_S = 5.0
"""A run that goes on is written at least so often, so that others see that its kernel lives."""

PAUSE_S = 0.5
"""Least time between two writes: an epoch may take a millisecond."""

SHARE = 10
"""Writing takes at most one part in so many of the time: all numbers so far are written."""

RETRY_S = 600.0
"""So long the end of a run is tried to be written, where the store does not take it."""


class RunWriter:
    """Writes a run: at its beginning and its end at once, in between now and then.

    Parameters
    ----------
    runs : TrainingRuns
        Where to.
    basename : str
        Of the run.
    document : dict
        What is known at its beginning.
    first : int
        The least number that it may have.
    tell : callable
        Takes a sentence about what failed.

    Attributes
    ----------
    run : dict or None
        The document as it was created; None while the store does not take it.
    logs : dict of str to list
        By our names of metrics, a number or None for each epoch so far.
    is_removed : bool
        Whether somebody has removed the run, as far as a write has found out.

    Notes
    -----
    Thread: one at a time for `note` and `end`; a thread of its own writes. What the store does not
    take is tried again until it is written.
    """

    def __init__(
        self,
        runs: TrainingRuns,
        basename: str,
        document: Mapping[str, Any],
        first: int,
        tell: Callable[[str], object],
    ) -> None:
        self.run: dict[str, Any] | None = None
        self.logs: Logs = {}
        self.is_removed = False
        self._runs, self._basename, self._first = runs, basename, first
        self._document = dict(document)
        self._tell = tell
        self._changes: dict[str, Any] = {}
        self._beat = 0
        self._state = threading.Condition()
        self._writing = threading.Lock()
        self._is_over = False
        self._is_done = False

    def start(self) -> None:
        """Create the run, and write what comes."""
        self.write()
        threading.Thread(target=self._keep, name="marcelle-run", daemon=True).start()

    def note(self, changes: Mapping[str, Any], row: Mapping[str, float | None]) -> None:
        """Take the numbers of an epoch and other changes of the document, to be written soon."""
        with self._state:
            n = max(map(len, self.logs.values()), default=0)
            for key, value in row.items():
                column = self.logs.setdefault(key, [])
                column += [None] * (n - len(column))
                column.append(value)
            self._changes |= changes
            self._state.notify()

    def replace_logs(self, logs: Logs) -> None:
        """Take whole columns in the place of those so far."""
        with self._state:
            self.logs = {**self.logs, **logs}

    def end(self, changes: Mapping[str, Any]) -> None:
        """Write the end of the run, now; where the store does not take it, in the background."""
        with self._state:
            self._changes |= changes
            self._is_over = True
        self.write()
        with self._state:
            self._state.notify()

    def give_up(self) -> None:
        """Write no more; the run is seen as stopped, unless its end is written."""
        with self._state:
            self._is_done = True
            self._state.notify()

    def write(self) -> bool:
        """Write what is new, and say whether the store took it."""
        with self._writing:
            with self._state:
                if self._is_done:
                    return False
                is_end = self._is_over
                self._beat += 1
                changes, self._changes = self._changes, {}
                new = {**changes, "beat": self._beat, "logs": marcelle_logs(self.logs)}
            try:
                self._put(new)
            except NotFound:
                self.is_removed = True
                self.give_up()
                return False
            except Exception as error:  # noqa: BLE001 - a training goes on without its record
                failure = error
                with self._state:
                    self._changes = {**changes, **self._changes}
            else:
                with self._state:
                    self._is_done |= is_end
                return True
        self._failed(failure)
        return False

    def _put(self, new: dict[str, Any]) -> None:
        if self.run is None:
            document = {**self._document, **new}
            self.run = self._runs.create(self._basename, document, self._first)
        else:
            self._runs.service.patch(self.run["id"], new, arrays=False)

    def _failed(self, error: Exception) -> None:
        logger.warning("a training run was not written", exc_info=error)
        again = " It is tried again." if isinstance(error, StoreError) else ""
        if not again:
            self.give_up()
        self._tell(f"The run is not in the history: {str(error).rstrip('.')}.{again}")

    def _keep(self) -> None:
        """Write until the end is written."""
        deadline = None
        while True:
            with self._state:
                self._state.wait_for(self._has_work, BEAT_S)
                if self._is_done:
                    return
                if self._is_over and deadline is None:
                    deadline = time.monotonic() + RETRY_S
            if deadline is not None and time.monotonic() > deadline:
                return
            begun = time.monotonic()
            is_written = self.write()
            took = time.monotonic() - begun
            with self._state:
                pause = max(PAUSE_S, SHARE * took) if is_written else BEAT_S
                self._state.wait_for(lambda: self._is_done, pause)

    def _has_work(self) -> bool:
        return bool(self._changes) or self._is_over or self._is_done
