"""From instances to the rows that a Keras model learns from, which keep their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.arrays import as_arrays
from marcelle_nb.errors import InstanceRejected, TrainingError
from marcelle_nb.models.classifier import SLICE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.data.instance import Instance
    from marcelle_nb.run import Run


@dataclass(frozen=True)
class Examples:
    """Inputs and labels of a data set.

    Attributes
    ----------
    rows : float32, shape (n, n_features), or uint8, shape (n, height, width, 3)
    y : list of str
    features : str or None
        The version of the image features that made the rows.
    """

    rows: NDArray[Any]
    y: list[str]
    features: str | None

    @classmethod
    def of(cls, run: Run, instances: Sequence[Instance]) -> Examples:
        """Put instances together, in slices between which the run may be cancelled.

        Raises
        ------
        TrainingError
            If there are none.
        InstanceRejected
            If they do not belong together; see `as_arrays`.
        """
        if not instances:
            raise TrainingError("dataset: expected at least one instance, got none")
        versions = {version for i in instances if (version := i.get("features")) is not None}
        if len(versions) > 1:
            raise InstanceRejected(
                f"dataset: expected image features of one version, got {sorted(versions)}"
            )
        shape = np.shape(instances[0]["x"])
        dtype = np.float32 if len(shape) == 1 else np.uint8
        rows, y = np.empty((len(instances), *shape), dtype), list[str]()
        for i in range(0, len(instances), SLICE):
            run.checkpoint()
            x, labels = as_arrays(instances[i : i + SLICE], shape)
            rows[i : i + SLICE] = x
            y += labels
        return cls(rows, y, next(iter(versions), None))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""
        return self.rows.shape[1:]

    @property
    def labels(self) -> list[str]:
        """The different labels in first-seen order."""
        return list(dict.fromkeys(self.y))

    def numbers(self) -> NDArray[np.float32]:
        """Give the labels as numbers, for regression.

        Raises
        ------
        TrainingError
            If one is no finite number.
        """
        try:
            numbers = np.array([float(label) for label in self.y], np.float32)
        except ValueError as error:
            raise TrainingError(f"y: expected numbers for task='regression', {error}") from None
        if not np.isfinite(numbers).all():
            raise TrainingError("y: expected finite numbers for task='regression'")
        return numbers
