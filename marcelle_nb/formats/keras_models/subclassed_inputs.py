"""What a subclassed Keras model is called on, as far as Keras tells."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

_CONTEXT = frozenset(("training", "mask"))


def recorded_inputs(model: keras.Model) -> list[TensorSpec]:
    """Give the inputs of a subclassed model that was built or called.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    list of TensorSpec
        float32, the batch of any size. Those of a list have the names `input_0`, `input_1`, …,
        those of a dictionary its keys.

    Raises
    ------
    ValueError
        If Keras has not recorded all of them.
    """
    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes:
        raise ValueError(
            f"{model.name}: expected a model that knows its input, got one never built or called"
        )
    needed = _needed(model)
    if len(shapes) == 1 and len(needed) > 1:
        raise ValueError(
            f"{model.name}: expected inputs=[TensorSpec(…), …] for {', '.join(needed)}, of which "
            "Keras records the first alone; or give the model a build() with a shape for each"
        )
    named = [(key.removesuffix("_shape"), shape) for key, shape in shapes.items()]
    return [
        TensorSpec(name, (None, *shape[1:]), "float32")
        for key, value in named
        for name, shape in _leaves(key, value)
    ]


def arguments(
    model: keras.Model, specs: Sequence[TensorSpec], tensors: Sequence[Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Give the arguments with which a model is called on one tensor for each input.

    Parameters
    ----------
    model : keras.Model
        Functional models get theirs in the structure that they were made with; of a subclassed one
        the inputs are as it was built or called, or, where its `call` has as many parameters as
        there are inputs, one for each.
    specs : sequence of TensorSpec
    tensors : sequence
        One for each.

    Returns
    -------
    list
        In order.
    dict
        By name.
    """
    from keras import tree

    functional = getattr(model, "_inputs_struct", None)
    if functional is not None:
        return [tree.pack_sequence_as(functional, list(tensors))], {}
    if len(tensors) == 1 or getattr(model, "inputs", None):
        return [tensors[0] if len(tensors) == 1 else list(tensors)], {}
    by_name = dict(zip((spec.name for spec in specs), tensors, strict=True))
    parameters = _parameters(model)
    if set(by_name) <= set(parameters):
        return [], by_name
    shapes = [*(getattr(model, "_build_shapes_dict", None) or {}).values()]
    if len(shapes) == 1 and isinstance(shapes[0], dict) and set(shapes[0]) == set(by_name):
        return [by_name], {}
    if len(_needed(model)) > 1:
        return list(tensors), {}
    whole = tuple if shapes and isinstance(shapes[0], tuple) else list
    return [whole(tensors)], {}


def _parameters(model: Any) -> list[str]:
    """Give the parameters of a model's `call` that take tensors."""
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(model.call).parameters
    return [name for name, each in found.items() if each.kind in plain and name not in _CONTEXT]


def _needed(model: Any) -> list[str]:
    found = inspect.signature(model.call).parameters
    return [name for name in _parameters(model) if found[name].default is inspect.Parameter.empty]


def _leaves(name: str, value: Any) -> list[tuple[str, tuple[int | None, ...]]]:
    """Give each shape in a structure of them with a name."""
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in _leaves(str(key), each)]
    if all(n is None or isinstance(n, int) for n in value):
        return [(name, tuple(value))]
    return [leaf for i, each in enumerate(value) for leaf in _leaves(f"{name}_{i}", each)]
