"""The Adam of TensorFlow.js."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="marcelle_nb")
class Adam(keras.optimizers.Adam):  # type: ignore[misc] # Keras has no types
    """Adam as the paper and TensorFlow.js compute it.

    Keras adds epsilon before it corrects the second moment for its start at zero, so that the first
    steps are smaller where gradients are: the epsilon of the first is 30 times as large.

    References
    ----------
    D. P. Kingma, J. Ba: Adam: A Method for Stochastic Optimization. ICLR 2015, algorithm 1.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take one step for one variable."""
        kind = variable.dtype
        gradient, rate = ops.cast(gradient, kind), ops.cast(learning_rate, kind)
        step = ops.cast(self.iterations + 1, kind)
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        self.assign(m, m * self.beta_1 + gradient * (1 - self.beta_1))
        self.assign(v, v * self.beta_2 + ops.square(gradient) * (1 - self.beta_2))
        mean = m / (1 - ops.power(ops.cast(self.beta_1, kind), step))
        variance = v / (1 - ops.power(ops.cast(self.beta_2, kind), step))
        self.assign_sub(variable, rate * mean / (ops.sqrt(variance) + self.epsilon))
