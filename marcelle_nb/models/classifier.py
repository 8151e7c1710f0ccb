"""What all models have in common that give a label to a vector or an image."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.arrays import as_arrays, row_dtype, row_shape
from marcelle_nb.data.instance import checked_changes
from marcelle_nb.errors import InstanceRejected, TrainingError
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.data.instance import Instance
    from marcelle_nb.run import Run

    Floats = NDArray[np.float32]


SLICE = 64
"""Instances between two looks at whether a run was cancelled: images are large."""


class Classifier(Model):
    """A model that answers with a label and a confidence for every label.

    Rows are vectors of finite numbers, `(n,)` or `(1, n)`, or images, which are read as `height *
    width * 3` numbers in [0, 1]. A subclass keeps what it learned in an object with `labels`,
    `n_features` and `features` (the version of the image features that made the rows, or None), and
    says how to use it in `_answer`.
    """

    min_labels = 1

    def predict(self, x: ArrayLike) -> ClassifierResults:
        """Label one row.

        Parameters
        ----------
        x : float, shape (n_features,) or (1, n_features), or an image
            As the instances that the model was trained on.

        Returns
        -------
        ClassifierResults
            `label=None, confidences={}` before the first training.

        Raises
        ------
        ValueError
            If x has another width, is not finite, or comes from another version of image features.

        Notes
        -----
        Thread: any, also during a training: then it uses the newest epoch.
        """
        return self.predict_many([x])[0]

    def predict_many(self, xs: Iterable[ArrayLike]) -> list[ClassifierResults]:
        """Label rows, one answer for each, in order; see `predict`."""
        rows = list(xs)
        fitted = self._fitted
        if fitted is None or not rows:
            return [ClassifierResults()] * len(rows)
        for row in rows:
            check_version("x", getattr(row, "version", None), fitted.features)
        vectors = [_vector(row) for row in rows]
        for vector in vectors:
            if len(vector) != fitted.n_features:
                raise ValueError(
                    f"x: expected {fitted.n_features} numbers, got {len(vector)}: make x as you"
                    " made the x of the examples"
                )
        return self._answer(fitted, np.stack(vectors))

    @property
    def labels(self) -> list[str]:
        """The labels learned, in first-seen order; empty before the first training."""
        fitted = self._fitted
        return [] if fitted is None else list(fitted.labels)

    @abstractmethod
    def _answer(self, fitted: Any, rows: Floats) -> list[ClassifierResults]:
        """Label rows of shape (n, n_features)."""

    def _arrays(
        self, run: Run, instances: Sequence[Instance]
    ) -> tuple[Floats, list[str], str | None]:
        """Give rows, the label of each, and the version of the image features that made them."""
        if not instances:
            raise TrainingError(
                f"{self.title}: expected at least one instance, got none: record something first"
            )
        versions = {version for i in instances if (version := i.get("features")) is not None}
        if len(versions) > 1:
            raise InstanceRejected(
                f"dataset: expected image features of one version, got {sorted(versions)}"
            )
        shape, dtype = row_shape(instances[0]["x"]), row_dtype(instances[0]["x"])
        rows, y = np.empty((len(instances), math.prod(shape)), np.float32), list[str]()
        for i in range(0, len(instances), SLICE):
            run.checkpoint()
            x, labels = as_arrays(instances[i : i + SLICE], shape, dtype)
            rows[i : i + SLICE] = _rows(x)
            y += labels
        return rows, y, next(iter(versions), None)

    def _distinct(self, y: Iterable[str]) -> list[str]:
        """Give the labels in first-seen order, where there are enough of them to train on."""
        labels = list(dict.fromkeys(y))
        if len(labels) < self.min_labels:
            raise TrainingError(
                f"{self.title}: expected at least {self.min_labels} different labels, "
                f"got only {labels[0]!r}: record another one"
            )
        return labels

    def _summary(self) -> list[tuple[str, object]]:
        labels = ", ".join(self.labels) or "none yet"
        return [*super()._summary(), ("labels", labels)]


def _rows(x: NDArray[Any]) -> Floats:
    rows: Floats = x.reshape(len(x), -1).astype(np.float32, copy=False)
    return rows / np.float32(255) if x.dtype == np.uint8 else rows


def _vector(x: Any) -> Floats:
    x = checked_changes({"x": x})["x"]  # the same forms as in a dataset
    if row_dtype(x) == np.uint8:
        return _rows(x[None]).reshape(-1)
    x = x.reshape(-1)
    with np.errstate(over="ignore"):  # becomes infinite, and is refused below
        vector: Floats = x.astype(np.float32)
    if not np.isfinite(vector).all():
        raise ValueError("x: expected finite numbers, got NaN or infinity")
    return vector


def check_version(name: str, given: object, trained: str | None) -> None:
    """Refuse image features of another version than a model was trained with; unknown ones pass."""
    if given is not None and trained is not None and given != trained:
        raise ValueError(f"{name}: expected image features of version {trained!r}, got {given!r}")
