"""From instances to the rows that a Keras model learns from, which keep their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import TrainingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from marcelle_nb.models.training_rows import TrainingRows


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs and what is to be learned of a data set.

    Attributes
    ----------
    rows : float32, shape (n, *shape), or uint8, shape (n, height, width, 3)
    y : list of str
        The labels, where labels are learned.
    features : str or None
        The version of the image features that made the rows.
    numbers : float32, shape (n, n_outputs), or None
        Where numbers are learned.
    """

    rows: NDArray[Any]
    y: list[str]
    features: str | None
    numbers: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, read: TrainingRows) -> Examples:
        """Take what a training has read.

        Raises
        ------
        TrainingError
            If more than one number is to be learned for each.
        """
        if read.numbers is not None and read.numbers.shape[1:] not in {(), (1,)}:
            raise TrainingError(
                "y: expected one number an instance for task='regression', got"
                f" {read.numbers.shape[1]}"
            )
        return cls(read.x, read.labels, read.features, read.numbers)

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


def read_examples(
    rows: TrainingRows, validation: TrainingRows | None
) -> tuple[Examples, Examples | None]:
    """Give what to train on and what to validate on, None where that is a part of the former.

    Raises
    ------
    TrainingError
        If the inputs of both have different shapes, or there are several numbers for each.
    """
    examples = Examples.of(rows)
    held_back = Examples.of(validation) if validation is not None and len(validation) else None
    if held_back is not None and held_back.shape != examples.shape:
        raise TrainingError(
            f"validation_dataset: expected inputs of shape {examples.shape}, got {held_back.shape}"
        )
    return examples, held_back
