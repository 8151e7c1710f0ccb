"""What a progress bar shows of something that has a status."""

from __future__ import annotations

import html
from typing import Any

from marcelle_nb.stream import Stream

TYPES = {"idle": "idle", "success": "success", "loaded": "success", "error": "danger"}
"""The look of a bar by status; of all others it is `default`."""


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
