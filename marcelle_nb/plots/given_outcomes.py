"""What figures of predictions are given: a batch, or what is true and what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.prediction_outcome import FIELDS, PredictionOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def outcomes_of(batch: Any, y_pred: Any, key: str) -> Iterator[PredictionOutcome]:
    """Give the outcomes of a batch, or of two lists that are equally long.

    Parameters
    ----------
    batch : BatchPrediction, or iterable
        The batch; else what is true.
    y_pred : iterable or None
        What was predicted: labels, numbers, or the answers of a model. None beside a batch.
    key : "label" or "output"
        What a prediction that is no object has.

    Raises
    ------
    TypeError, ValueError
        If it is neither.
    """
    if isinstance(batch, BatchPrediction):
        if y_pred is not None:
            raise TypeError(f"y_pred: expected none beside a batch, got {y_pred!r:.80}")
        return map(PredictionOutcome.of, batch.items().select(FIELDS))
    truth, answers = _listed("y_true", batch), _listed("y_pred", y_pred)
    if len(truth) != len(answers):
        raise ValueError(
            f"y_pred: expected {len(truth)} predictions, one for each that is true, got "
            f"{len(answers)}"
        )
    pairs = zip(truth, answers, strict=True)
    return (PredictionOutcome.of({"yTrue": true, key: _answer(it)}) for true, it in pairs)


def name_of(batch: Any) -> str:
    """Give the name of a batch, with a colon; nothing of what is none."""
    return f"{batch.name}: " if isinstance(batch, BatchPrediction) else ""


def _answer(given: Any) -> Any:
    """Take the label out of what a classifier answers."""
    return given.label if hasattr(given, "label") and hasattr(given, "confidences") else given


def _listed(name: str, given: Iterable[Any]) -> list[Any]:
    if isinstance(given, str | bytes | dict) or not hasattr(given, "__iter__"):
        raise TypeError(
            f"{name}: expected a batch alone, or two lists, true and predicted, got {given!r:.80}"
        )
    array = given.to_numpy() if hasattr(given, "to_numpy") else given
    found: list[Any] = array.tolist() if isinstance(array, np.ndarray) else list(array)
    return [it.tolist() if isinstance(it, np.ndarray | np.generic) else it for it in found]
