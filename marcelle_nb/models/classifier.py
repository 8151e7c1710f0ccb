"""What all models have in common that give a label to a vector or an image."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import TrainingError
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.input_rows import input_rows
from marcelle_nb.models.storable_model import StorableModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float32]


class Classifier(StorableModel):
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
        x : float, shape (n_features,) or (1, n_features), or an image, as in the training

        Returns
        -------
        ClassifierResults
            `label=None, confidences={}` before the first training.

        Raises
        ------
        ValueError
            If x has another width, is not finite, or comes from another version of image features;
            or if the answer is not finite, of an x far from all that was learned from.

        Notes
        -----
        Thread: any, also during a training: then it uses the newest epoch.
        """
        return self.predict_many([x])[0]

    def predict_many(self, xs: Iterable[ArrayLike]) -> list[ClassifierResults]:
        """Label rows, one answer for each, in order; see `predict`."""
        given, fitted = list(xs), self._fitted_now()
        if fitted is None or not given:
            return [ClassifierResults()] * len(given)
        return self._answer(fitted, input_rows(given, fitted.n_features, fitted.features))

    @property
    def labels(self) -> list[str]:
        """The labels learned, in first-seen order; empty before the first training."""
        fitted = self._fitted
        return [] if fitted is None else list(fitted.labels)

    @abstractmethod
    def _answer(self, fitted: Any, rows: Floats) -> list[ClassifierResults]:
        """Label rows of shape (n, n_features)."""

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
