"""Which weight of a file is which variable of a Keras model."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import keras
    from numpy.typing import NDArray

Found = list[tuple["keras.Variable", str]]

_NUMBERED = re.compile(r"(^|/)layers/.*/vars/\d+$")

_IDLE = re.compile(r"^optimizer/|(^|/)seed_generator(/|_state$)")
"""What the converter copies from a file of Keras 3 and no output depends on."""


def weight_names(model: keras.Model) -> Found:
    """Give each weight of a Keras model with the name that it has in TensorFlow.js.

    `<layer>/<variable>`, wherever in nested models the layer is; what a `Bidirectional` holds is
    `<layer>/forward_<inner>/<variable>`, what a `TimeDistributed` or an `RNN` holds has the outer
    layer's name, the cells of a stack `<layer>/RNNCell_<i>/<variable>`.

    Parameters
    ----------
    model : keras.Model

    Returns
    -------
    list of (keras.Variable, str)
        Layer by layer.
    """
    return _names(model, as_keras=False)


def match_weights(
    model: keras.Model, arrays: Mapping[str, NDArray[Any]], what: str
) -> list[tuple[str, keras.Variable]]:
    """Find the variable of each weight in a file, whichever software named it.

    Parameters
    ----------
    model : keras.Model
        Perhaps without values.
    arrays : mapping of str to numpy.ndarray
        As the file names them: by TensorFlow.js, by Keras 2, where a cell's name stands between
        the layer's and the variable's, or by the converter from files of Keras 3.
    what : str
        What messages call the file.

    Returns
    -------
    list of (str, keras.Variable)
        In the file's order.

    Raises
    ------
    ModelFormatError
        If a weight is missing, too many, or of another shape.
    """
    wanted = weight_names(model)
    if any(map(_NUMBERED.search, arrays)):
        known = numbered_names(model)
    else:
        known = [*wanted, *_names(model, as_keras=True)]
    found = _found(known, [name for name in arrays if not _IDLE.search(name)], what)
    taken = {id(variable) for _, variable in found}
    for variable, name in wanted:
        if id(variable) not in taken:
            raise ModelFormatError(f"{what}: expected the weight {name!r:.100}, got none")
    for name, variable in found:
        _check_fit(name, variable, arrays[name])
    return found


def _names(model: Any, *, as_keras: bool) -> Found:
    return [pair for layer in model.layers for pair in _held(layer, layer.name, as_keras=as_keras)]


def _held(layer: Any, prefix: str, *, as_keras: bool) -> Iterator[tuple[Any, str]]:
    """Give a layer's weights with their names, or those that Keras would give them."""
    import keras

    if isinstance(layer, keras.Model):
        yield from _names(layer, as_keras=as_keras)
    elif isinstance(layer, keras.layers.Bidirectional):
        for side in (layer.forward_layer, layer.backward_layer):
            yield from _held(side, f"{prefix}/{side.name}", as_keras=as_keras)
    elif hasattr(layer, "cells"):
        for i, cell in enumerate(layer.cells):
            part = f"{layer.name}/{cell.name}" if as_keras else f"RNNCell_{i}"
            yield from _held(cell, f"{prefix}/{part}", as_keras=as_keras)
    elif isinstance(layer, keras.layers.RNN):
        yield from _held(layer.cell, prefix, as_keras=as_keras)
    elif isinstance(layer, keras.layers.TimeDistributed):
        yield from _held(layer.layer, prefix, as_keras=as_keras)
    else:
        yield from ((v, f"{prefix}/{_own(layer, v, as_keras=as_keras)}") for v in layer.weights)


def _own(layer: Any, variable: Any, *, as_keras: bool) -> str:
    """Give a variable's name within its layer, which may be made of layers itself."""
    import keras

    depthwise = isinstance(layer, keras.layers.DepthwiseConv1D | keras.layers.DepthwiseConv2D)
    if depthwise and variable.name == "kernel" and not as_keras:
        return "depthwise_kernel"
    _, _, inside = f"/{variable.path}".rpartition(f"/{layer.name}/")
    return inside or str(variable.name)


def _found(wanted: Found, names: Iterable[str], what: str) -> list[tuple[str, keras.Variable]]:
    """Find names as they are, without a cell's, or without the model's in front."""
    known: dict[str, Any] = {}
    for variable, name in wanted:
        if known.setdefault(_key(name), variable) is not variable:
            raise ModelFormatError(f"{what}: expected weights with different names, got {name!r}")
    found = []
    taken: set[int] = set()
    for name in names:
        variable = next((known[k] for k in _spellings(name) if k in known), None)
        if variable is None or id(variable) in taken:
            raise ModelFormatError(f"{what}: expected weights of its layers, got {name!r:.100}")
        taken.add(id(variable))
        found.append((name, variable))
    return found


def _spellings(name: str) -> Iterator[str]:
    yield _key(name)
    parts = name.split("/")
    if len(parts) > 2:
        yield _key("/".join([*parts[:-2], parts[-1]]))  # lstm/lstm_cell/kernel
    for i in range(1, len(parts) - 1):
        yield _key("/".join(parts[i:]))
        if len(parts) - i > 2:
            yield _key("/".join([*parts[i:-2], parts[-1]]))


def _key(name: str) -> str:
    """Make names alike whether their slashes had to be replaced or not."""
    return name.replace("/", "_")


def numbered_names(part: Any, path: str = "") -> Found:
    """Give each weight with its name in a `.keras` file: the way to it, and its number there.

    Parameters
    ----------
    part : keras.Model or keras.layers.Layer
    path : str
        The way to it, ending in a slash.

    Notes
    -----
    Read from Keras 3.15, `saving_lib.py`.
    """
    seen: set[int] = set()
    return list(_numbered(part, path, seen))


def _numbered(part: Any, path: str, seen: set[int]) -> Iterator[tuple[Any, str]]:
    from keras.src.saving.keras_saveable import KerasSaveable
    from keras.src.saving.saving_lib import _walk_saveable
    from keras.src.utils.naming import to_snake_case

    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, list | tuple):
        counts: Counter[str] = Counter()
        for each in part:
            stem = to_snake_case(type(each).__name__)
            name = f"{stem}_{counts[stem]}" if counts[stem] else stem
            counts[stem] += 1
            if isinstance(each, KerasSaveable):
                yield from _numbered(each, f"{path}{name}/", seen)
        return
    own = [
        *getattr(part, "_trainable_variables", ()),
        *getattr(part, "_non_trainable_variables", ()),
    ]
    yield from ((variable, f"{path}vars/{i}") for i, variable in enumerate(own))
    for name, inner in _walk_saveable(part):
        if isinstance(inner, KerasSaveable | list | tuple):
            yield from _numbered(inner, f"{path}{name}/", seen)


def _check_fit(name: str, variable: Any, array: NDArray[Any]) -> None:
    shape = tuple(variable.shape)
    if array.shape != shape:
        raise ModelFormatError(f"{name}: expected shape {shape}, got {array.shape}")
    if array.dtype.kind not in "fiub":
        raise ModelFormatError(f"{name}: expected numbers, got {array.dtype}")
