"""What the numbers mean that a Keras model ends in, and how it is trained for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SUM_TOLERANCE = 1e-3
"""Probabilities of float16 or many classes do not sum to 1 exactly."""

Meaning = Literal["softmax", "sigmoid", "logits", "numbers"]


@dataclass(frozen=True)
class KerasScores:
    """How scores become confidences, and labels become targets.

    Attributes
    ----------
    meaning : {"softmax", "sigmoid", "logits", "numbers"}
        Probabilities that sum to 1, probabilities one by one, what a softmax or sigmoid would take,
        or the numbers of a regression.
    units : int
        How many there are; one for two labels, or for a regression.
    """

    meaning: Meaning
    units: int

    @classmethod
    def of(
        cls,
        model: keras.Model,
        sizes: tuple[int | None, ...],
        sample: NDArray[Any] | None,
        *,
        is_regression: bool,
    ) -> KerasScores:
        """Read it from the activation of the last layer; where that is not known, from a sample."""
        units = (sizes and sizes[-1]) or 1
        if is_regression:
            return cls("numbers", units)
        activation = _last_activation(model)
        if activation == "sigmoid" or (activation == "softmax" and units > 1):
            return cls("sigmoid" if activation == "sigmoid" else "softmax", units)
        sums_to_one = sample is not None and bool(
            np.all(sample >= 0) and abs(sample.sum() - 1) < SUM_TOLERANCE
        )
        return cls("softmax" if sums_to_one and units > 1 else "logits", units)

    def probabilities(self, scores: Floats) -> Floats:
        """Give a row of confidences for each row of scores, one for each label."""
        if self.units == 1:
            last = _sigmoid(scores) if self.meaning == "logits" else scores
            both: Floats = np.concatenate([1 - last, last], axis=1)
            return both
        if self.meaning != "logits":
            return scores
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        result: Floats = powers / powers.sum(axis=1, keepdims=True)
        return result

    def compile(self, model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
        """Prepare a model for training; without XLA, which compiles longer than most learn."""
        loss, metric = self._loss()
        model.compile(optimizer=optimizer, loss=loss, metrics=[metric], jit_compile=False)

    def _loss(self) -> tuple[Any, Any]:
        import keras

        if self.meaning == "numbers":
            return "mean_squared_error", "mean_absolute_error"
        if self.meaning == "logits" and self.units == 1:
            accuracy = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
            return keras.losses.BinaryCrossentropy(from_logits=True), accuracy
        if self.meaning == "logits":
            return keras.losses.CategoricalCrossentropy(from_logits=True), "accuracy"
        name = "binary" if self.meaning == "sigmoid" else "categorical"
        return f"{name}_crossentropy", "accuracy"

    def targets(self, y: Sequence[str], labels: Sequence[str], *, sparse: bool) -> NDArray[Any]:
        """Give what each row should come to: one-hot, or 0 and 1, or the number of its class.

        A label that the model does not know gives zeros, or -1 as number.
        """
        position = {label: index for index, label in enumerate(labels)}
        indices = np.array([position.get(label, -1) for label in y])
        if sparse:
            return indices.astype(np.int32)
        if self.units == 1:
            binary: Floats = np.maximum(indices, 0).astype(np.float32)[:, None]
            return binary
        targets: Floats = (indices[:, None] == np.arange(self.units)).astype(np.float32)
        return targets


def is_sparse(model: keras.Model) -> bool:
    """Tell whether the loss of a compiled model takes the numbers of classes."""
    loss = model.loss
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    return "sparse" in str(name)


def _last_activation(model: Any) -> str | None:
    """Name the activation that a model ends in, `linear` for a layer without; None if not known."""
    outputs = getattr(model, "outputs", None)
    if not outputs:
        return None
    layer = outputs[0]._keras_history.operation
    if type(layer).__name__ in ("Softmax", "Sigmoid"):
        return type(layer).__name__.lower()
    activation = getattr(layer, "activation", None)
    if activation is not None:
        return str(getattr(activation, "__name__", type(activation).__name__)).lower()
    return _last_activation(layer) if hasattr(layer, "layers") else None


def _sigmoid(values: Floats) -> Floats:
    result: Floats = 0.5 * (1 + np.tanh(0.5 * values))
    return result
