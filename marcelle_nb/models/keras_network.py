"""A Keras model together with what makes its inputs and outputs those of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import TrainingError
from marcelle_nb.models.input_rows import check_version
from marcelle_nb.models.keras_inputs import KerasInputs
from marcelle_nb.models.keras_optimizers import (
    OWN,
    is_compiled,
    learning_rate_of,
    name_of,
    new_optimizer,
    recompile,
)
from marcelle_nb.models.keras_scores import KerasScores, is_sparse
from marcelle_nb.models.keras_shapes import check_units, checked_outputs
from marcelle_nb.models.quiet_tracing import quiet_tracing
from marcelle_nb.models.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import keras
    from numpy.typing import NDArray

    from marcelle_nb.models.keras_examples import Examples
    from marcelle_nb.run import Run

    Floats = NDArray[np.float32]

PREDICTED = 64
"""Rows that are predicted from at once."""


class KerasNetwork:
    """A Keras model that knows its task.

    Parameters
    ----------
    model : keras.Model
    shape : tuple of int
        Of one input.
    labels : list of str or None
        In the order of the outputs; None for a regression, and where nobody has said them yet.
    is_regression : bool
    input_range : tuple of float
        What 0 and 255 of an image become.
    is_loaded : bool
        Whether it comes from a file.

    Attributes
    ----------
    inputs : KerasInputs
        How data go into it.
    features : str or None
        The version of the image features that it learned from.
    untrained : str or None
        Why a training does not go on where that of the file stopped, if it does not.
    file : tuple of str and bytes, or None
        The last file of Keras that it was read from or written to, behind a digest of its content.
    turns : Turns
        Held while it takes a step, predicts or is packed.

    Raises
    ------
    TrainingError
        If inputs of this shape do not go through the model, or it has not an output for each label.

    Notes
    -----
    Thread: any. A prediction during a training uses the newest step, never a half of one.
    """

    def __init__(
        self,
        model: keras.Model,
        shape: tuple[int | None, ...],
        labels: list[str] | None,
        *,
        is_regression: bool,
        input_range: tuple[float, float],
        is_loaded: bool = False,
    ) -> None:
        self.inputs = KerasInputs(model, shape, input_range)
        sizes, sample = checked_outputs(model, self.inputs.layout)
        if labels is not None or is_regression:
            check_units(model, sizes, labels)
        self.model = model
        self.labels = labels
        self.is_regression = is_regression
        self.is_loaded = is_loaded
        self.features: str | None = None
        self.untrained: str | None = None
        self.file: tuple[str, bytes] | None = None
        self._sizes = sizes
        self._scores = KerasScores.of(model, sizes, sample, is_regression=is_regression)
        self.turns = Turns()
        self._predict: Any = None
        self._is_prepared = False

    def label(self, labels: list[str]) -> None:
        """Say what the outputs are called, where nobody has yet.

        Raises
        ------
        TrainingError
            If there are more or fewer outputs.
        """
        check_units(self.model, self._sizes, labels)
        self.labels = labels

    def take(self, shape: tuple[int, ...]) -> None:
        """Take inputs of another shape from now on.

        Raises
        ------
        TrainingError
            If the model does not.
        """
        inputs = KerasInputs(self.model, shape, self.inputs.input_range)
        checked_outputs(self.model, inputs.layout)
        if inputs.layout != self.inputs.layout:
            self._predict = None
        self.inputs = inputs

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of one input, as the data have it."""
        return self.inputs.shape

    @property
    def metadata(self) -> dict[str, Any]:
        """What a file tells beside the model: its task, how an image becomes an input, features."""
        task = "regression" if self.is_regression else "classification"
        features = {} if self.features is None else {"features": self.features}
        return {**self.inputs.treatment, "task": task, **features}

    # Training

    def learn_from(self, features: str | None, validation: str | None) -> None:
        """Note the version of the image features that made the examples.

        Raises
        ------
        TrainingError
            If the model has learned from another one, or validates on another one.
        """
        check_version("dataset", features, self.features)
        self.features = self.features or features
        check_version("validation_dataset", validation, self.features)

    def prepare(self, optimizer: str, learning_rate: float) -> None:
        """Compile the model with an optimizer, unless it is compiled with the same already.

        An optimizer that stays keeps its state, so that a training goes on where the last stopped.

        Raises
        ------
        TrainingError
            If the optimizer is to be the model's own, and it has none.
        """
        model, compiled = self.model, is_compiled(self.model)
        if optimizer == OWN and not compiled:
            raise TrainingError(f"optimizer: expected one for a model without its own, got {OWN!r}")
        if not compiled:
            self._scores.compile(model, new_optimizer(optimizer, learning_rate))
        elif optimizer not in (OWN, name_of(model.optimizer)):
            recompile(model, new_optimizer(optimizer, learning_rate))
        self.set_learning_rate(learning_rate)
        self._sparse = is_sparse(model)
        if not self._is_prepared:
            # one step a call, between which a cancel is read; XLA takes longer to compile than a
            # small model to learn
            model.steps_per_execution, model.jit_compile = 1, False
        model.make_train_function(force=not self._is_prepared)
        model.make_test_function(force=not self._is_prepared)
        self._is_prepared = True

    def set_learning_rate(self, learning_rate: float) -> None:
        """Set it, where it differs and no schedule sets it."""
        now = learning_rate_of(self.model.optimizer)
        if now is not None and np.float32(now) != np.float32(learning_rate):
            self.model.optimizer.learning_rate = learning_rate

    def targets(self, examples: Examples) -> NDArray[Any]:
        """Give what the model should answer for each row."""
        if self.is_regression:
            numbers: NDArray[Any] = np.asarray(examples.numbers, np.float32)
            return numbers
        return self._scores.targets(examples.y, self.labels or [], sparse=self._sparse)

    def train_epoch(
        self, run: Run, rows: NDArray[Any], targets: NDArray[Any], batch_size: int, order: Any
    ) -> dict[str, float] | None:
        """Go once through all rows; None where the run was cancelled before the last.

        Parameters
        ----------
        order : array of int
            Row numbers.

        Returns
        -------
        dict of str to float
            Means over the epoch, each batch measured before its step.
        """
        parts = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        return self._steps(run, self.model.train_function, rows, targets, parts)

    def evaluate(
        self, run: Run, rows: NDArray[Any], targets: NDArray[Any], batch_size: int, order: Any
    ) -> dict[str, float] | None:
        """Measure on rows that are not trained on; None where the run was cancelled."""
        parts = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        return self._steps(run, self.model.test_function, rows, targets, parts)

    def _steps(
        self, run: Run, step: Any, rows: NDArray[Any], targets: NDArray[Any], parts: Sequence[Any]
    ) -> dict[str, float] | None:
        self.model.reset_metrics()
        logs: dict[str, Any] = {}
        batches = self._batches(rows, targets, parts)
        for _ in parts:
            if run.cancelled:
                return None
            with self.turns, quiet_tracing():
                logs = step(batches)
        return {key: float(value) for key, value in logs.items()}

    def _batches(
        self, rows: NDArray[Any], targets: NDArray[Any], parts: Sequence[Any]
    ) -> Iterator[tuple[Any, Any]]:
        for part in parts:
            yield self.inputs.packed(rows[part]), targets[part]

    # Predicting

    def scores(self, rows: NDArray[Any]) -> Floats:
        """Give confidences, shape (n, n_labels), or the numbers of a regression, shape (n, 1)."""
        predict = self._predict = self._predict or self._compiled()
        results = []
        for start in range(0, len(rows), PREDICTED):
            inputs = self.inputs(rows[start : start + PREDICTED])
            with self.turns:
                results.append(predict(inputs)[0])
        scores = np.concatenate(results)
        return scores if self.is_regression else self._scores.probabilities(scores)

    def _compiled(self) -> Any:
        from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel
        from marcelle_nb.formats.tensor_spec import TensorSpec

        spec = TensorSpec("x", (None, *self.inputs.layout), self.inputs.dtype)
        return KerasLoadedModel(self.model, inputs=[spec])
