"""Of boxes that overlap, the surest: non-maximum suppression as TensorFlow.js does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def surest_boxes(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    max_boxes: int,
    max_overlap: float,
    min_score: float,
) -> list[int]:
    """Choose boxes, the surest first, none of which overlaps a surer one.

    Parameters
    ----------
    boxes : float32, shape (n_boxes, 4)
        Two opposite corners: y, x, y, x.
    scores : float32, shape (n_boxes,)
    max_boxes : int
    max_overlap : float
        A box goes whose intersection over union with a surer one is this or more; TensorFlow,
        unlike TensorFlow.js, keeps one where it is exactly this.
    min_score : float
        A box stays whose score is more than this.

    Returns
    -------
    list of int
        Indices. Of equal scores, the box with the lower index comes first.
    """
    wide = scores.astype(np.float64)
    candidates = np.flatnonzero(wide > min_score)
    order = candidates[np.argsort(-wide[candidates], kind="stable")]
    corners = boxes[order].astype(np.float64)
    low, high = (
        np.minimum(corners[:, :2], corners[:, 2:]),
        np.maximum(corners[:, :2], corners[:, 2:]),
    )
    waiting = np.arange(len(order))
    chosen: list[int] = []
    with np.errstate(invalid="ignore", over="ignore"):  # a model may give boxes without end
        areas = np.prod(high - low, axis=1)
        while len(waiting) and len(chosen) < max_boxes:
            first, rest = waiting[0], waiting[1:]
            chosen.append(int(order[first]))
            overlap = _overlaps(low, high, areas, first, rest)
            waiting = rest[overlap < max_overlap]  # a NaN is dropped, as there
    return chosen


def _overlaps(
    low: Floats, high: Floats, areas: Floats, one: np.intp, others: NDArray[np.intp]
) -> Floats:
    """Give the intersection over union of one box with others; 0 with one that has no area."""
    sides = np.minimum(high[one], high[others]) - np.maximum(low[one], low[others])
    common = np.prod(np.maximum(sides, 0.0), axis=1)
    union = areas[one] + areas[others] - common
    is_flat = (areas[one] <= 0) | (areas[others] <= 0)
    shares: Floats = np.divide(common, union, out=np.zeros_like(common), where=~is_flat)
    return shares
