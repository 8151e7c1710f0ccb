"""A bar that shows how far something is that has a status."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = {"idle": "idle", "success": "success", "loaded": "success", "error": "danger"}
"""The look of a bar by status; of all others it is `default`."""


class ProgressBar(Component, ABC):
    """A bar, and beside it the words that say where it is.

    Parameters
    ----------
    statuses : Stream
        Of what is shown. It is listened to until a page has shown the bar and gone.

    Attributes
    ----------
    progress : Stream of dict
        Held. See `progress_of`.
    """

    def __init__(self, statuses: Stream[Any]) -> None:
        super().__init__()
        self.progress: Stream[dict[str, Any]] = self._stream(progress_of("idle", 0.0))
        self._detail: Stream[str] = self._stream("")
        self._while_shown(statuses, self._show)

    @abstractmethod
    def _show(self, status: Any) -> None:
        """Look at a status, and call `_fill`."""

    def _fill(self, status: str, share: float | None, detail: str) -> None:
        self._detail.set(detail)
        self.progress.set(progress_of(status, share))

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {"progress": self.progress, "detail": self._detail}

    def _summary(self) -> list[tuple[str, object]]:
        status = self.progress.value["message"].removeprefix("Status: ")
        rows: list[tuple[str, object]] = [("status", status)]
        return [*rows, ("progress", detail)] if (detail := self._detail.value) else rows

    def _picture_html(self) -> str:
        return progress_html(self.progress.value, "")


def statuses_of(owner: object, name: str, argument: str) -> Stream[Any]:
    """Give the stream of statuses that an object has under a name.

    Raises
    ------
    TypeError
        If it has none; `argument` is what the caller calls the object.
    """
    stream = getattr(owner, name, None)
    if not isinstance(stream, Stream):
        raise TypeError(f"{argument}: expected an object with a stream `{name}`, got {owner!r:.80}")
    return stream


def progress_of(status: str, share: float | None) -> dict[str, Any]:
    """Say what a bar shows.

    Parameters
    ----------
    status : str
        As in `TrainingStatus` and `PredictionStatus`.
    share : float or None
        How much is done of what has begun, in [0, 1]; None where that is not known.

    Returns
    -------
    dict
        `message`, `progress` (None: it is under way, nobody knows how far) and `type` (`default`,
        `idle`, `success` or `danger`).
    """
    known = {"idle": 0.0, "start": None, "loading": None, "success": 1.0, "loaded": 1.0}
    progress = known.get(status, share)
    return {
        "message": f"Status: {status}",
        "progress": None if progress is None else min(1.0, max(0.0, progress)),
        "type": TYPES.get(status, "default"),
    }


def share_of(done: int | None, total: int | None) -> float | None:
    """Divide; None where one of the two is not known, or there is nothing to do."""
    return done / total if done is not None and total else None


def progress_html(progress: dict[str, Any], detail: str) -> str:
    """Draw a bar where there is no page; all texts are escaped."""
    share = progress["progress"]
    value = "" if share is None else f" value='{share:.3f}'"
    return f"<p><progress max='1'{value}></progress> {html.escape(detail)}</p>"
