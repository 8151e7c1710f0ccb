"""What is no number is neither learned, loaded nor answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def checked_weights(named: Iterable[tuple[str, NDArray[Any]]]) -> None:
    """Refuse weights from outside that no training can have reached.

    Raises
    ------
    ModelFormatError
        If there is NaN or infinity among them; the message names the weight.
    """
    for name, array in named:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelFormatError(
                f"{name!a:.100}: expected finite weights, got NaN or infinity: the model was saved"
                " after a training that diverged, or is damaged"
            )


def checked_answers(numbers: NDArray[Any]) -> NDArray[Any]:
    """Give what a network answers, where it is numbers.

    Raises
    ------
    ValueError
        If there is NaN or infinity among them: x was so large that the network's own numbers went
        out of range.
    """
    if not np.isfinite(numbers).all():
        raise ValueError(
            "x: expected numbers like those that the model learned from, got such that its answer"
            " is infinite or NaN"
        )
    return numbers
