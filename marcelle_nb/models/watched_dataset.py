"""The data set of a model's Train button, described for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable


class WatchedDataset:
    """Holds a data set, or none, and says what is in it while a page shows it.

    Parameters
    ----------
    shown : Stream of bool
        Whether a page does.

    Attributes
    ----------
    dataset : Dataset or None
    text : Stream of str
        Held. What is in it; empty where there is none.
    is_there : Stream of bool
        Held. Whether there is one.
    """

    def __init__(self, shown: Stream[bool]) -> None:
        self.dataset: Dataset | None = None
        self.text: Stream[str] = Stream("")
        self.is_there: Stream[bool] = Stream(False)
        self._shown = shown
        self._stops: list[Callable[[], None]] = []
        shown.subscribe(self._describe)

    def watch(self, dataset: Dataset | None) -> None:
        """Hold another one.

        Raises
        ------
        TypeError
            If it is something else.
        """
        if dataset is not None and not isinstance(dataset, Dataset):
            raise TypeError(f"dataset: expected a Dataset or None, got {dataset!r:.80}")
        if dataset is self.dataset:
            return
        self.close()
        self.dataset = dataset
        self.is_there.set(dataset is not None)
        self.text.set("")
        # counted on a thread of its own: who records does not wait for it
        changes = [] if dataset is None else [dataset.changes.start_with([]).latest()]
        self._stops = [change.subscribe(self._describe) for change in changes]

    def _describe(self, _: object) -> None:
        # a model that a cell left behind must not go on counting unseen
        dataset = self.dataset
        if dataset is not None and self._shown.value:
            text = str(dataset)
            if dataset is self.dataset:  # and not replaced while it was counted
                self.text.set(text)

    def close(self) -> None:
        """Look at it no more."""
        for stop in self._stops:
            stop()
