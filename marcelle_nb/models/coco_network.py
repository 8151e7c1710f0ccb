"""The network of `coco_ssd`, read from the package's own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import MAX_BYTES
from marcelle_nb.formats.tfjs.graph_model import load_graph_model
from marcelle_nb.models.coco_classes import COCO_CLASSES, N_NUMBERS, coco_class
from marcelle_nb.models.coco_detections import coco_detections
from marcelle_nb.models.object_detector_results import ObjectDetectorResults
from marcelle_nb.models.web_model import MAIN, WebModel, image_input

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.image import RGB

    Floats = NDArray[np.float32]

WARM_UP_SIDE = 300
"""As the package, which runs its network once on a black picture of this size."""


class CocoNetwork:
    """Finds objects in pictures of any size.

    Parameters
    ----------
    model : LoadedModel
        From pictures to scores, shape (1, n_boxes, n_classes), and boxes, shape (1, n_boxes, 1, 4).
    files : ModelFiles, optional
        Where it was read from.

    Raises
    ------
    ModelFormatError
        If it gives anything else for a black picture, or numbers that are not finite.
    """

    def __init__(self, model: LoadedModel, files: ModelFiles | None = None) -> None:
        self.model = model
        self._files = files
        try:
            self._check_finite(*self._run(np.zeros((WARM_UP_SIDE, WARM_UP_SIDE, 3), np.uint8)))
        except ModelFormatError:
            raise
        except (ValueError, IndexError) as error:
            raise ModelFormatError(
                f"model.json: expected scores and boxes for a picture, got {error}"
            ) from error

    @classmethod
    def open(cls, files: ModelFiles) -> CocoNetwork:
        """Read the files that `check_detector` passed.

        Raises
        ------
        ModelFormatError
            If they hold no such network.
        """
        return cls(load_graph_model(files, files.main or MAIN), files)

    def detect(self, image: RGB, max_boxes: int, min_score: float) -> ObjectDetectorResults:
        """Find objects.

        Parameters
        ----------
        image : uint8, shape (height, width, 3)
        max_boxes : int
        min_score : float

        Returns
        -------
        ObjectDetectorResults
        """
        scores, boxes = self._run(image)
        size = image.shape[0], image.shape[1]
        return ObjectDetectorResults(coco_detections(scores, boxes, size, max_boxes, min_score))

    def web_model(self, max_boxes: int, min_score: float) -> WebModel:
        """Say it for web pages: its files as they are, and what their numbers mean."""
        if self._files is None:
            raise ModelFormatError("model.json: expected a network that was read from files")
        files = self._files
        contents = {name: files.read(name, MAX_BYTES) for name in files.names}
        contents[MAIN] = contents.pop(files.main or MAIN)
        numbers, places = range(1, N_NUMBERS + 1), [*COCO_CLASSES]
        about = {
            "task": "detection",
            "labels": [coco_class(number) for number in numbers],
            "colors": [places.index(n) if n in COCO_CLASSES else n for n in numbers],
            "answers": "boxes",
            "max_boxes": max_boxes,
            "min_score": min_score,
            "input": image_input((None, None), (0, 255), dtype="int32"),
        }
        return WebModel.of_files(contents, about)

    def _run(self, image: RGB) -> tuple[Floats, Floats]:
        # the network resizes by itself, as TensorFlow.js does, to which the pictures go as they are
        answers = self.model(image[None])
        shapes = [answer.shape for answer in answers]
        if (
            [len(shape) for shape in shapes] != [3, 4]
            or shapes[1] != (1, shapes[0][1], 1, 4)
            or not 1 <= shapes[0][2] <= N_NUMBERS
            or {answer.dtype.name for answer in answers} != {"float32"}
        ):
            raise ModelFormatError(
                "model.json: expected scores, 1 × boxes × at most 90, and boxes, 1 × boxes × 1 × 4,"
                f" got {' and '.join(' × '.join(map(str, shape)) for shape in shapes)}"
            )
        return answers[0][0], answers[1][0, :, 0]

    def _check_finite(self, scores: Floats, boxes: Floats) -> None:
        if not (np.isfinite(scores).all() and np.isfinite(boxes).all()):
            raise ModelFormatError(
                "model.json: expected finite scores and boxes for a black picture, got nan or inf"
            )
