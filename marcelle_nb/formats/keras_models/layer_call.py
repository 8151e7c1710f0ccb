"""One call of a layer in a Keras model."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.keras_models.tfjs_parts import unsayable

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class LayerCall:
    """One call of a layer.

    Attributes
    ----------
    layer : keras.layers.Layer
    inputs : tuple of keras.KerasTensor
        What it is called on, initial states of a recurrent layer last.
    outputs : tuple of keras.KerasTensor
    states : int
        How many of the inputs are initial states.
    mask : keras.KerasTensor or None
        Which steps the layer leaves out; Keras passes it without being asked.
    """

    layer: keras.layers.Layer
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    states: int = 0
    mask: Any = None

    @classmethod
    def of_node(cls, node: Any) -> LayerCall:
        """Read a node of Keras's graph.

        Raises
        ------
        ModelFormatError
            If it is of an operation, or the layer is called with what TensorFlow.js cannot say.
        """
        from keras.layers import Layer

        layer, kind = node.operation, type(node.operation).__name__
        if not isinstance(layer, Layer):
            raise unsayable(f"operation {layer.name!r}", "layers only", f"the operation {kind}")
        if node.is_input:
            return cls(layer, (), tuple(node.output_tensors))
        tensors, states, mask = _arguments(layer, node.arguments, f"layer {layer.name!r} ({kind})")
        outputs = tuple(node.output_tensors)
        return cls(layer, (*tensors, *states), outputs, len(states), mask)


def _arguments(layer: Any, arguments: Any, what: str) -> tuple[list[Any], list[Any], Any]:
    """Give the tensors that a layer is called on, its initial states, and the mask."""
    from keras import tree

    signature = inspect.signature(layer.call)
    bound = signature.bind_partial(*arguments.args, **arguments.kwargs)
    first, *rest = bound.arguments.items()
    given = dict(rest)
    given.update(given.pop("kwargs", None) or {})
    states = tree.flatten(given.pop("initial_state", None))
    masks = [each for each in tree.flatten(given.pop("mask", None)) if each is not None]
    for key, value in given.items():
        usual = [None, False] if key == "training" else [None]
        if key in signature.parameters:
            usual.append(signature.parameters[key].default)
        if not any(value is each for each in usual):
            raise unsayable(what, f"a call without {key}", f"{key}={value!s:.40}")
    states = [state for state in states if state is not None]
    return _in_order(layer, first[1]), states, masks[0] if masks else None


def _in_order(layer: Any, inputs: Any) -> list[Any]:
    from keras import Model, tree

    if isinstance(inputs, dict) and isinstance(layer, Model):
        names = [tensor.name for tensor in layer.inputs]
        if set(names) == set(inputs):
            return [inputs[name] for name in names]
    return list(tree.flatten(inputs))
