"""Keras models from configurations, with nothing allocated before it is known to fit."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.model_graph import made, plain
from marcelle_nb.formats.keras_models.output_sizes import check_output_sizes
from marcelle_nb.formats.keras_models.stateful import make_stateful, without_states
from marcelle_nb.formats.quiet_warnings import quiet_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import keras
    from numpy.typing import NDArray

    Values = Iterable[tuple[keras.Variable, NDArray[Any]]]

MAX_UNSAID = 64 * 2**20
"""Bytes of variables that a file may ask for without giving their values."""


def build_model(
    config: Mapping[str, Any],
    *,
    what: str,
    weight_shapes: Mapping[str, tuple[int, ...]] | None = None,
    values: Callable[[keras.Model], Values] | None = None,
) -> keras.Model:
    """Build a Keras model from a configuration that was checked and translated.

    Its variables first exist as shapes alone. Only once these agree with what the file holds are
    they given values, the file's own where it tells them.

    Parameters
    ----------
    config : mapping
        From `translate`.
    what : str
        What messages call the file.
    weight_shapes : mapping of str to tuple of int, optional
        The shape of each weight that the file holds, by the variable's path in Keras.
    values : callable, optional
        Called with the model, still without values; gives pairs of variable and array, or raises
        `ModelFormatError`.

    Returns
    -------
    keras.Model

    Raises
    ------
    ModelFormatError
        If the layers do not fit together, or the weights do not fit them, or more than 64 MiB of
        variables would have no value from the file, or a layer's output is larger than any model's.

    Notes
    -----
    Thread: any; layers are built in the calling one.
    """
    stateless, stateful = without_states(config)
    with unallocated(), reported(what):
        model = _deserialized(stateless)
    check_output_sizes(model, what)
    if weight_shapes is not None:
        _compare(model, weight_shapes, what)
    pairs = [] if values is None else list(values(model))
    given = {id(variable): array for variable, array in pairs}
    said = None if values is None and weight_shapes is not None else set(given)
    _check_unsaid(model, said, what)
    with reported(what):
        _initialize(model, given)
        make_stateful(model, stateful, what)
    return model


@contextlib.contextmanager
def unallocated() -> Iterator[None]:
    """Make variables without values; whoever uses this gives them some."""
    import keras
    from keras.src.backend.common import global_state

    before = global_state.get_global_attribute("uninitialized_variables", [])
    global_state.set_global_attribute("uninitialized_variables", [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute("uninitialized_variables", before)


@contextlib.contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn whatever goes wrong in Keras and TensorFlow into an error about the file."""
    try:
        with quiet_warnings("keras"):  # that a layer drops a mask is as the file's author had it
            yield
    except ModelFormatError:
        raise
    except Exception as error:  # what Keras raises about a wrong topology can be anything
        raise ModelFormatError(
            f"{what}: expected layers that fit together, got {plain(error)[:400]}"
        ) from error


def _deserialized(config: Mapping[str, Any]) -> Any:
    import keras

    from marcelle_nb.formats.keras_models import legacy_layers  # noqa: F401 # registers them

    model = made(config)
    if not isinstance(model, keras.Model) or not model.built:
        raise ModelFormatError("expected a model with the shape of its input, got none")
    return model


def _compare(model: keras.Model, shapes: Mapping[str, tuple[int, ...]], what: str) -> None:
    expected = {v.path: tuple(v.shape) for v in model.weights}
    for name, shape in expected.items():
        if name not in shapes:
            raise ModelFormatError(f"{what}: expected the weight {name!r}, got none")
        if tuple(shapes[name]) != shape:
            raise ModelFormatError(f"{name}: expected shape {shape}, got {tuple(shapes[name])}")
    unknown = next((name for name in shapes if name not in expected), None)
    if unknown is not None:
        raise ModelFormatError(f"{what}: expected weights of its layers, got {unknown!r:.80}")


def _check_unsaid(model: keras.Model, said: set[int] | None, what: str) -> None:
    """Refuse to make up more than a small model's worth of weights."""
    if said is None:
        return
    unsaid = sum(
        math.prod(v.shape) * np.dtype(v.dtype).itemsize
        for v in model.variables
        if id(v) not in said
    )
    if unsaid > MAX_UNSAID:
        raise ModelFormatError(
            f"{what}: expected values for all weights, got none for {unsaid:,} bytes of them"
        )


def _initialize(model: keras.Model, given: Mapping[int, np.ndarray]) -> None:
    import tensorflow as tf

    for variable in model.variables:
        array = given.get(id(variable))
        if variable._value is not None:
            if array is not None:
                variable.assign(array)
        elif array is None:
            variable._deferred_initialize()
        else:
            with tf.init_scope():
                variable._initialize(tf.constant(array, variable.dtype))
                variable._initializer = None
    _finalize(model)


def _finalize(model: keras.Model) -> None:
    """Let layers that keep more than their variables catch up with them."""
    for layer in model._flatten_layers():
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
