"""Follows the predictions of a batch, for what shows them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import StoreError
from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.prediction_outcome import FIELDS, PredictionOutcome
from marcelle_nb.scheduler import scheduler
from marcelle_nb.stream import Stream, described

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from marcelle_nb.component import Component
    from marcelle_nb.data.service_change import ServiceChange
    from marcelle_nb.models.prediction_status import PredictionStatus

EVERY_S = 0.2
"""What changes within this time is shown together."""

SHARE = 0.1
"""Of the time, no more than this is spent on showing what changes."""

RUNNING = frozenset({"start", "running"})


class PredictionFeed:
    """Follows the predictions of a batch while its component is shown, and has them shown.

    They are read once; then each change of the store is followed, also what other kernels do. It
    keeps of each prediction only what was answered and what is true.

    Parameters
    ----------
    component : Component
        Whose.
    batch : BatchPrediction
        What it follows.
    show : callable
        Takes the outcomes and gives streams with new values. Called a few times a second at most
        while the batch runs, on the component's own thread; and when the batch ends, before those
        who wait for it go on.
    then : callable, optional
        Called after that, with no lock held.

    Raises
    ------
    TypeError
        If it is no batch.

    Attributes
    ----------
    progress : Stream
        Held: the share of the instances that is done, None where that is not known, and False while
        nothing runs.
    """

    def __init__(
        self,
        component: Component,
        batch: BatchPrediction,
        show: Callable[[Collection[PredictionOutcome]], Iterable[tuple[Stream[Any], Any]]],
        then: Callable[[], object] = lambda: None,
    ) -> None:
        if not isinstance(batch, BatchPrediction):
            raise TypeError(f"batch: expected a BatchPrediction, got {batch!r:.80}")
        self.progress: Stream[float | bool | None] = component._stream(False)
        self._component = component
        self._batch = batch
        self._show = show
        self._then = then
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._outcomes: dict[str, PredictionOutcome] = {}
        self._same: dict[PredictionOutcome, PredictionOutcome] = {}
        self._waiting: list[ServiceChange] | None = None
        self._is_due = False
        self._cost_s = 0.0
        # in this order: what changes while it is read is heard of, and the end comes after
        component._while_shown(batch.predictions.changes, self._on_change)
        component._while_shown(component._own(Stream(None)), lambda _: self._read())
        component._while_shown(batch.status, self._on_status)

    # Following

    def _read(self) -> None:
        """Read all predictions, and then what changed meanwhile."""
        with self._reading:
            with self._lock:
                self._waiting = []
            try:
                items = self._batch.predictions.items().select(FIELDS)
                found = {it["id"]: self._outcome(it) for it in items}
            except StoreError as error:
                self._component._raise_alert(described(error))
                found = {}
            with self._lock:
                self._outcomes, waiting, self._waiting = found, self._waiting, None
                for change in waiting:
                    self._apply(change)
        self._publish()

    def _on_change(self, change: ServiceChange) -> None:
        if change.kind == "reset":
            self._read()
            return
        with self._lock:
            if self._waiting is None:
                self._apply(change)
            else:
                self._waiting.append(change)
        self._publish_soon()

    def _apply(self, change: ServiceChange) -> None:
        """Take in what happened, also where that was read already; called under the lock."""
        for document in change.documents:
            if change.kind == "removed":
                self._outcomes.pop(document["id"], None)
            else:
                self._outcomes[document["id"]] = self._outcome(document)

    def _outcome(self, document: dict[str, Any]) -> PredictionOutcome:
        outcome = PredictionOutcome.of(document)
        # labels repeat, and numbers hardly ever do
        return self._same.setdefault(outcome, outcome) if outcome.is_label else outcome

    def _on_status(self, status: PredictionStatus) -> None:
        if status.status in RUNNING:
            count, total = status.count or 0, status.total
            self.progress.set(min(1.0, count / total) if total else None)
            return
        self._publish()
        self.progress.set(None if status.status == "loading" else False)

    # Showing

    def _publish_soon(self) -> None:
        with self._lock:
            if self._is_due:
                return
            self._is_due = True
            delay_s = max(EVERY_S, self._cost_s / SHARE)
        scheduler.call_later(delay_s, lambda: self._component._inbox.put(self._publish))

    def _publish(self) -> None:
        began = time.perf_counter()
        with self._lock:
            self._is_due = False
            shown = list(self._show(self._outcomes.values()))
            for stream, value in shown:  # in the order of the changes, whichever thread is faster
                stream._post(value)
        for stream, _ in shown:
            stream._deliver()
        self._then()
        self._cost_s = time.perf_counter() - began
