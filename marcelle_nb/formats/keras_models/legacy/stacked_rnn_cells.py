"""Stacked cells with their states in the order of TensorFlow.js."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell


@keras.saving.register_keras_serializable(package="marcelle_nb")
class StackedRNNCells(keras.layers.Layer, DropoutRNNCell):  # type: ignore[misc] # Keras has no types
    """Stacked cells whose states are one flat list, the last cell's first.

    That is the order in which TensorFlow.js gives and takes them; Keras nests them in the order of
    the cells. The outputs are the same.

    Parameters
    ----------
    cells : list of keras.layers.Layer
    **kwargs
        As of every layer.
    """

    def __init__(self, cells: list[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cells = cells

    @property
    def state_size(self) -> list[int]:
        """The width of each state."""
        return _flat([_listed(cell.state_size) for cell in self.cells])

    @property
    def output_size(self) -> int:
        """The width of the output."""
        return self.state_size[0]

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Give zeros for each state."""
        states = [cell.get_initial_state(batch_size=batch_size) for cell in self.cells]
        return _flat([_listed(each) for each in states])

    def build(self, input_shape: Any) -> None:
        """Make the weights of each cell for inputs of shape (n, features)."""
        for cell in self.cells:
            if not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], _listed(cell.state_size)[0])
        self.built = True

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:  # noqa: FBT001, FBT002 # as Keras calls it
        """Take one step: inputs of shape (n, features), and the states."""
        left = list(states)
        new = []
        for cell in self.cells:
            n = len(_listed(cell.state_size))
            own, left = left[len(left) - n :], left[: len(left) - n]
            keywords = {"training": training} if cell._call_has_training_arg else {}
            inputs, own = cell(inputs, own, **keywords)
            new.append(_listed(own))
        return inputs, _flat(new)

    def get_dropout_mask(self, step_input: Any) -> None:
        """Let each cell choose what it drops of its input, once for all steps."""
        for cell in self.cells:
            cell.get_dropout_mask(step_input)
            cell.get_recurrent_dropout_mask(cell.get_initial_state(ops.shape(step_input)[0])[0])
            step_input = cell.get_initial_state(ops.shape(step_input)[0])[0]

    def get_recurrent_dropout_mask(self, step_input: Any) -> None:
        """Do nothing: each cell has chosen already."""

    def reset_dropout_mask(self) -> None:
        """Forget what was dropped."""
        for cell in self.cells:
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()

    def reset_recurrent_dropout_mask(self) -> None:
        """Do nothing: each cell has forgotten already."""

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor takes."""
        cells = [keras.saving.serialize_keras_object(cell) for cell in self.cells]
        return {**super().get_config(), "cells": cells}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> StackedRNNCells:
        """Make it from what `get_config` gave."""
        cells = [keras.saving.deserialize_keras_object(cell) for cell in config["cells"]]
        return cls(**{**config, "cells": cells})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _flat(groups: list[list[Any]]) -> list[Any]:
    return [value for group in reversed(groups) for value in group]
