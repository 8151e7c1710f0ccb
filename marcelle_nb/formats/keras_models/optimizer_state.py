"""The state of an optimizer in a Keras `.h5` file, so that training goes on where it stopped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.h5_structure import array, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import h5py
    import keras
    from numpy.typing import NDArray

_SLOTS = {
    "m": ("momentum",),
    "v": ("velocity",),
    "u": ("norm",),
    "vhat": ("velocity_hat",),
    "v_hat": ("velocity_hat",),
    "momentum": ("momentum",),
    "rms": ("velocity",),
    "velocity": ("velocity",),
    "velocity_hat": ("velocity_hat",),
    "mg": ("average_gradient",),
    "average_gradient": ("average_gradient",),
    "accumulator": ("accumulator",),
    "accum_grad": ("accumulated_grad",),
    "accum_var": ("accumulated_delta_var",),
    "accumulated_grad": ("accumulated_grad",),
    "accumulated_delta_var": ("accumulated_delta_var",),
    "linear": ("linear",),
    "norm": ("norm",),
}
"""What Keras 2 calls the numbers beside each weight, and what Keras 3 does."""

_NADAM_STEPS = 100_000  # long before, the product is zero in float32

_COUNTS = {"iter", "iteration", "iterations"}


def restore_optimizer(
    file: h5py.File, model: keras.Model, variables: Mapping[str, keras.Variable], what: str
) -> bool:
    """Give a compiled model's optimizer the state of a file.

    Parameters
    ----------
    file : h5py.File
        A checked file.
    model : keras.Model
        Compiled, its optimizer built.
    variables : mapping of str to keras.Variable
        Which variable each weight of the file became.
    what : str
        What messages call the file.

    Returns
    -------
    bool
        Whether there was a state; without one, training begins with a fresh optimizer.

    Raises
    ------
    ModelFormatError
        If the state is not one of this optimizer and these weights.
    """
    import h5py

    group = file.get("optimizer_weights")
    if not isinstance(group, h5py.Group):
        return False
    names = texts(group, "weight_names")
    targets = _targets(names, model, variables)
    pairs: list[tuple[keras.Variable, NDArray[Any]]] = []
    for name, target in zip(names, targets, strict=True):
        if target is None:
            continue
        values = array(group, name)
        if tuple(target.shape) != values.shape:
            raise ModelFormatError(
                f"{what}: {name}: expected shape {tuple(target.shape)}, got {values.shape}"
            )
        pairs.append((target, values))
    for target, values in pairs:
        target.assign(values)
    restore_nadam(model.optimizer)
    return bool(pairs)


def restore_nadam(optimizer: Any) -> None:
    """Work out the product of momenta that Nadam needs and that no file holds.

    Its factors depend on the number of the step alone (Keras 3.15, `nadam.py`). A Nadam whose
    product is not where this version of Keras has it is left as it is.
    """
    from keras import optimizers

    product = getattr(optimizer, "_u_product", None)
    if isinstance(optimizer, optimizers.Nadam) and product is not None:
        steps = np.arange(1, min(int(optimizer.iterations), _NADAM_STEPS) + 1)
        product.assign(np.prod(optimizer.beta_1 * (1 - 0.5 * 0.96**steps)))


def _targets(
    names: list[str], model: keras.Model, variables: Mapping[str, keras.Variable]
) -> list[keras.Variable | None]:
    """Give the optimizer's variable for each name; None for what has no place in Keras 3."""
    optimizer = model.optimizer
    own = {variable.name: variable for variable in optimizer.variables}
    weights = {name.split(":")[0]: variable for name, variable in variables.items()}
    found = [_target(name.split(":")[0], optimizer, own, weights) for name in names]
    known = sum(target is not None for target in found)
    if known > 2 or len(names) != len(optimizer.variables):
        return found
    return list(optimizer.variables)  # names that nothing is known by: Keras's own order


def _target(
    name: str,
    optimizer: Any,
    own: Mapping[str, keras.Variable],
    weights: Mapping[str, keras.Variable],
) -> keras.Variable | None:
    last = name.rpartition("/")[2]
    if last in _COUNTS:
        return optimizer.iterations
    if last == "learning_rate":
        return own.get("learning_rate")
    weight, slot = _split(name, weights)
    for known in _SLOTS.get(slot, (slot,)):
        target = own.get(f"{weights[weight].path.replace('/', '_')}_{known}") if weight else None
        if target is not None:
            return target
    return None


def _split(name: str, weights: Mapping[str, Any]) -> tuple[str | None, str]:
    """Tell the weight and the slot that a name is of.

    `Adam/m/dense/kernel` (Keras 2.11 and later), `Adam/dense/kernel/m` or
    `training/Adam/dense/kernel/m` (earlier), `adam/dense_kernel_momentum` (Keras 3).
    """
    stem = re.sub(r"^(training/)?[^/]+/", "", name)
    slot, _, weight = stem.partition("/")
    if slot in _SLOTS and weight in weights:
        return weight, slot
    weight, _, slot = stem.rpartition("/")
    if slot in _SLOTS and weight in weights:
        return weight, slot
    for weight in weights:
        joined = weight.replace("/", "_") + "_"
        if stem.startswith(joined) and stem.removeprefix(joined) in _SLOTS:
            return weight, stem.removeprefix(joined)
    return None, ""
