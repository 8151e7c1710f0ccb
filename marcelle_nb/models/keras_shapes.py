"""Whether a Keras model and the data fit together; if not, at which layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import TrainingError
from marcelle_nb.models.keras_errors import readable, whole_tracebacks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from numpy.typing import NDArray

    Shape = tuple[int | None, ...]


def checked_outputs(
    model: keras.Model, shape: Sequence[int | None]
) -> tuple[Shape, NDArray[Any] | None]:
    """Look whether inputs of a shape go through a model.

    Parameters
    ----------
    model : keras.Model
        One that does not know its shapes is sent zeros, which builds it.
    shape : sequence of int or None
        Of one input.

    Returns
    -------
    sizes : tuple of int or None
        The shape of the output, without the batch.
    sample : array or None
        What became of the zeros.

    Raises
    ------
    TrainingError
        If the data do not fit; it names the layer.
    """
    inputs, outputs = (getattr(model, name, None) or [] for name in ("inputs", "outputs"))
    for tensors, what in ((inputs, "input"), (outputs, "output")):
        if len(tensors) > 1:
            names = [tensor._keras_history.operation.name for tensor in tensors]
            raise TrainingError(f"model: expected one {what} layer, got {names}")
    for tensor in inputs:
        _check_input(tensor, shape)
    if outputs:
        return tuple(outputs[0].shape[1:]), None
    zeros = np.zeros((1, *(size or 1 for size in shape)), input_dtype(model))
    try:
        with whole_tracebacks():
            given = model(zeros, training=False)
    except Exception as error:
        raise TrainingError(readable(error)) from error
    if isinstance(given, dict | list | tuple):
        raise TrainingError(f"model: expected one output, got {len(given)}")
    return tuple(given.shape[1:]), np.asarray(given)


def input_layout(model: keras.Model, shape: Shape) -> Shape:
    """Give the shape in which inputs go into a model.

    Parameters
    ----------
    model : keras.Model
    shape : tuple of int
        Of one input as the data have it: a vector, or an RGB image.

    Returns
    -------
    tuple of int
        The model's own where as many numbers go into it, as for a vector that is a picture or a
        series row by row, or where it takes the image in gray; else the same.
    """
    inputs = getattr(model, "inputs", None) or []
    wanted = tuple(inputs[0].shape[1:]) if len(inputs) == 1 else ()
    if not wanted or None in wanted or None in shape:
        return shape
    is_gray = len(shape) == 3 and wanted == (*shape[:2], 1)
    same = math.prod(wanted) == math.prod(size for size in shape if size is not None)
    return wanted if is_gray or same else shape


def shape_of(model: keras.Model) -> tuple[int, ...]:
    """Give the shape of one input of a model that is built.

    Raises
    ------
    ValueError
        If it does not know it, as a subclassed model.
    """
    if not getattr(model, "inputs", None):
        raise ValueError("labels: expected with a model that knows its input shape, got another")
    return tuple(model.inputs[0].shape[1:])


def input_dtype(model: keras.Model) -> str:
    """Give the type of number that a model takes: whole ones where it begins with an embedding."""
    inputs = getattr(model, "inputs", None) or []
    return str(inputs[0].dtype) if inputs else "float32"


def fits(wanted: Sequence[int | None], shape: Sequence[int | None]) -> bool:
    """Tell whether a shape is another one with its free sizes filled in."""
    return len(wanted) == len(shape) and all(
        size in (None, given) for size, given in zip(wanted, shape, strict=True)
    )


def _check_input(tensor: Any, shape: Sequence[int | None]) -> None:
    wanted = tuple(tensor.shape[1:])
    if not fits(wanted, shape):
        name = tensor._keras_history.operation.name
        written = tuple("?" if size is None else size for size in wanted)
        raise TrainingError(
            f"input layer {name!r}: expected inputs of shape {_shape(written)}, got {_shape(shape)}"
        )


def check_units(model: keras.Model, sizes: Shape, labels: Sequence[str] | None) -> None:
    """Refuse a model that has no output for each label; one output serves for two labels.

    Parameters
    ----------
    model : keras.Model
    sizes : tuple of int or None
        What `checked_outputs` gave.
    labels : sequence of str or None
        None for a regression, which needs one output.

    Raises
    ------
    TrainingError
        It names the layer.
    """
    wanted = [1] if labels is None else [len(labels), 1] if len(labels) == 2 else [len(labels)]
    if len(sizes) == 1 and sizes[0] in wanted:
        return
    got = f"{sizes[0]}" if len(sizes) == 1 else f"shape {_shape(sizes)}"
    reason = "for a regression" if labels is None else f"one for each of {', '.join(labels)[:200]}"
    raise TrainingError(
        f"output layer {output_name(model)!r}: expected {wanted[0]} units, {reason}, got {got}"
    )


def output_name(model: keras.Model) -> str:
    """Name the layer that a model's output comes from."""
    outputs = getattr(model, "outputs", None)
    if outputs:
        return str(outputs[0]._keras_history.operation.name)
    return str(model.layers[-1].name if model.layers else model.name)


def _shape(sizes: Sequence[Any]) -> str:
    return " × ".join(map(str, sizes)) or "one number"
