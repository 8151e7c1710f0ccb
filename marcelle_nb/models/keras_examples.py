"""From instances to the rows that a Keras model learns from, which keep their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.arrays import as_arrays, row_dtype, row_shape
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
    rows : float32, shape (n, *shape), or uint8, shape (n, height, width, 3)
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
        shape, dtype = row_shape(instances[0]["x"]), row_dtype(instances[0]["x"])
        rows, y = np.empty((len(instances), *shape), dtype), list[str]()
        for i in range(0, len(instances), SLICE):
            run.checkpoint()
            x, labels = as_arrays(instances[i : i + SLICE], shape, dtype)
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

    def labels_for(self, title: str, fixed: list[str] | None, *, is_known: bool) -> list[str]:
        """Give the labels to learn.

        Parameters
        ----------
        title : str
            What messages call the model.
        fixed : list of str or None
            Those that the user wants, in the order of the outputs.
        is_known : bool
            Whether the model has labels already; else one alone is not enough to learn from.

        Raises
        ------
        TrainingError
            If there are too few, or others than those wanted.
        """
        labels = self.labels
        if len(labels) < 2 and not is_known:
            raise TrainingError(
                f"{title}: expected at least 2 different labels, got only {labels[0]!r}: "
                "record another one"
            )
        unknown = set(labels) - set(fixed or labels)
        if unknown:
            raise TrainingError(f"labels: expected {fixed}, got {sorted(unknown)}")
        return fixed or labels

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


def read_examples(
    run: Run, instances: Sequence[Instance], validation: Sequence[Instance] | None
) -> tuple[Examples, Examples | None]:
    """Read what to train on and what to validate on, None where that is a part of the former.

    Raises
    ------
    TrainingError
        If there are none to train on, or the inputs of both have different shapes.
    InstanceRejected
        If some do not belong together; see `as_arrays`.
    """
    examples = Examples.of(run, instances)
    held_back = Examples.of(run, validation) if validation else None
    if held_back is not None and held_back.shape != examples.shape:
        raise TrainingError(
            f"validation_dataset: expected inputs of shape {examples.shape}, got {held_back.shape}"
        )
    return examples, held_back
