"""All numbers of a Keras model and its optimizer at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray


class KerasState:
    """The numbers of a compiled model, to go back to them.

    Parameters
    ----------
    model : keras.Model
        Its optimizer is built here, where it is not yet.

    Notes
    -----
    Thread: one that lets nobody train meanwhile.
    """

    def __init__(self, model: keras.Model) -> None:
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        self._variables = [*model.variables, *model.optimizer.variables]
        self._values = [_array(one).copy() for one in self._variables]

    def restore(self) -> None:
        """Give the model and its optimizer the numbers that they had."""
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(value)


def has_finite_weights(model: keras.Model) -> bool:
    """Say whether what a model learned are numbers: a constant of it may be infinite."""
    return _bad_weight(model) is None


def refuse_bad_weights(model: keras.Model) -> None:
    """Refuse a model from outside with weights that no training can have reached.

    Raises
    ------
    ModelFormatError
        If there is NaN among its weights, or infinity among those that are trained.
    """
    bad = _bad_weight(model)
    if bad is not None:
        raise ModelFormatError(
            f"{bad!a:.100}: expected finite weights, got NaN or infinity: the model was saved after"
            " a training that diverged, or is damaged"
        )


def _bad_weight(model: keras.Model) -> str | None:
    for variable in model.variables:
        if "float" not in str(variable.dtype):
            continue
        values = _array(variable).astype(np.float64, copy=False)
        is_good = np.isfinite(values) if variable.trainable else ~np.isnan(values)
        if not is_good.all():
            return str(variable.path)
    return None


def _array(variable: keras.Variable) -> NDArray[Any]:
    array: NDArray[Any] = variable.numpy()
    return array
