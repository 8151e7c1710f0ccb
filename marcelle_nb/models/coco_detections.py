"""What the numbers of an SSD network mean, as the package coco-ssd reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.models.box_suppression import surest_boxes
from marcelle_nb.models.coco_classes import coco_class
from marcelle_nb.models.detection import Detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def coco_detections(
    scores: Floats, boxes: Floats, size: tuple[int, int], max_boxes: int, min_score: float
) -> list[Detection]:
    """Choose and name what was found in one image.

    Parameters
    ----------
    scores : float32, shape (n_boxes, n_classes)
        A column for each class from number 1 on.
    boxes : float32, shape (n_boxes, 4)
        Top, left, bottom, right as shares of the image.
    size : tuple of int
        Height and width of the image in pixels.
    max_boxes : int
    min_score : float
        A detection has a higher confidence. It is also the overlap from which the less sure of two
        boxes goes: the package passes one number for both.

    Returns
    -------
    list of Detection
        The surest first. Each box has the class of its highest score, whatever the others.

    References
    ----------
    `@tensorflow-models/coco-ssd` 2.2.3, Apache-2.0, which fails where the class has a number that
    COCO never gave away; here its name is `"class 12"`.
    """
    best = scores.max(1)
    if np.isnan(best).any():
        scores = np.where(np.isnan(scores), np.float32(0), scores)
        best = scores.max(1)
    height, width = size
    found = []
    for place in surest_boxes(boxes, best, max_boxes, min_score, min_score):
        top, left, bottom, right = boxes[place].astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):  # boxes without end
            sides = np.array([left * width, top * height, 0.0, 0.0])
            sides[2:] = right * width - sides[0], bottom * height - sides[1]
        name = coco_class(int(scores[place].argmax()) + 1)
        found.append(Detection((*sides.tolist(),), name, float(best[place])))
    return found
