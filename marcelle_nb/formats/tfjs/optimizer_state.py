"""The state that a LayersModel's optimizer was in, so that training goes on where it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras
    from numpy.typing import NDArray

_SLOTS = {
    "SGD": {},
    "Momentum": {"momentum": "momentums"},
    "Adam": {"m": "_momentums", "v": "_velocities"},
    "RMSProp": {"rms": "_velocities", "momentum": "_momentums", "mg": "_average_gradients"},
    "Adagrad": {"accumulator": "_accumulators"},
    "Adadelta": {"accum_grad": "_accumulated_grads", "accum_var": "_accumulated_delta_vars"},
    "Adamax": {"m": "_m", "v": "_u"},
}
"""What each optimizer keeps beside a weight: the end of its name, and where Keras 3 has it."""


def restore_optimizer(
    model: keras.Model,
    kind: str,
    weights: Sequence[tuple[str, keras.Variable]],
    state: Mapping[str, NDArray[Any]],
    what: str,
) -> None:
    """Give a compiled model's optimizer the state that a file holds.

    Parameters
    ----------
    model : keras.Model
    kind : str
        The optimizer's name in TensorFlow.js.
    weights : sequence of (str, keras.Variable)
        The model's weights as the file names them, in its order.
    state : mapping of str to numpy.ndarray
        `iter`, and for each weight what the optimizer keeps beside it.
    what : str
        What messages call the file.

    Raises
    ------
    ModelFormatError
        If the state is not one of this optimizer and these weights; nothing is set then.
    """
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    _check_real(state, what)
    trained = [(name, variable) for name, variable in weights if variable.trainable]
    rest = dict(state)
    steps = rest.pop("iter", None)
    values = []
    for end, attribute in _SLOTS[kind].items():
        slots = getattr(optimizer, attribute, None) or []
        names = _slot_names(rest, end, [name for name, _ in trained])
        if not names:
            continue
        scale = -float(optimizer.learning_rate) if kind == "Momentum" else 1
        for name, (_, variable) in zip(names, trained, strict=True):
            array = rest.pop(name)
            slot = slots[optimizer._get_variable_index(variable)] if slots else None
            if slot is None:  # momentum 0 has no place in Keras, and no effect
                continue
            if tuple(slot.shape) != array.shape:
                raise ModelFormatError(
                    f"{what}: {name}: expected shape {tuple(slot.shape)}, got {array.shape}"
                )
            values.append((slot, array * scale))
    if rest:
        raise ModelFormatError(f"{what}: expected the state of {kind}, got {min(rest)!r:.100}")
    done = _count(steps, what)
    for slot, array in values:
        slot.assign(array)
    if done is not None:
        optimizer.iterations.assign(done)


def _check_real(state: Mapping[str, NDArray[Any]], what: str) -> None:
    for name, array in state.items():
        if array.dtype.kind not in "biuf":
            raise ModelFormatError(f"{what}: {name}: expected real numbers, got {array.dtype}")


def _count(steps: NDArray[Any] | None, what: str) -> int | None:
    """Read how many steps were taken; the count is a weight like any other in the file."""
    if steps is None or steps.size != 1:
        return None
    number = float(steps.reshape(()))
    if not 0 <= number < 2**31:
        raise ModelFormatError(f"{what}: iter: expected a number of steps, got {number}")
    return int(number)


def _slot_names(state: Mapping[str, Any], end: str, weights: Sequence[str]) -> list[str]:
    """Find a slot's names in the order of the weights.

    TensorFlow.js goes by order alone; it numbers a name that is taken, as of a model loaded twice.
    """
    exact = [f"{name}/{end}" for name in weights]
    if all(name in state for name in exact):
        return exact
    names = [name for name in state if name.rpartition("/")[2] == end]
    return names if len(names) == len(weights) else []
