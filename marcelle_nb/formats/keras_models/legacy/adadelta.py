"""The Adadelta of TensorFlow.js."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")
class Adadelta(keras.optimizers.Adadelta):  # type: ignore[misc] # Keras has no types
    """Adadelta as TensorFlow.js computes it.

    Each step is scaled by the gradients before it; in the paper and in Keras its own gradient
    counts too, which makes the first steps much smaller.

    References
    ----------
    M. D. Zeiler: ADADELTA: An Adaptive Learning Rate Method. arXiv:1212.5701, 2012.
    """

    def update_step(self, grad: Any, variable: Any, learning_rate: Any) -> None:
        """Take one step for one variable."""
        grad = ops.cast(grad, variable.dtype)
        i = self._get_variable_index(variable)
        grads, steps = self._accumulated_grads[i], self._accumulated_delta_vars[i]
        step = grad * ops.sqrt((steps + self.epsilon) / (grads + self.epsilon))
        self.assign(grads, self.rho * grads + (1 - self.rho) * ops.square(grad))
        self.assign(steps, self.rho * steps + (1 - self.rho) * ops.square(step))
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * step)
