"""The weights in a Keras `.h5` file: found by the names of layers and variables.

Both Keras 2 and Keras 3 keep them under `model_weights/<layer>`, in the order trainable, then not
trainable. The order of layers may be another in the model that is rebuilt, so names come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.h5_structure import array, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import h5py
    import keras
    from numpy.typing import NDArray

    Stored = dict[str, list[tuple[str, h5py.Dataset]]]


def stored_weights(file: h5py.File, what: str) -> Stored:
    """List the weights of each layer that has some, without reading them.

    Parameters
    ----------
    file : h5py.File
        A checked file.
    what : str
        What messages call it.

    Returns
    -------
    dict of str to list of (str, h5py.Dataset)
        By the layer's name, in the file's order.
    """
    import h5py

    # a file of weights alone has the layers at the top
    group = file if "layer_names" in file.attrs else file.get("model_weights")
    if not isinstance(group, h5py.Group):
        raise ModelFormatError(f"{what}: expected weights under 'model_weights', got none")
    layers: Stored = {}
    for layer in [*texts(group, "layer_names"), "top_level_model_weights"]:
        inner = group.get(layer)
        if not isinstance(inner, h5py.Group):
            if layer == "top_level_model_weights":  # older files have none
                continue
            raise ModelFormatError(f"{what}: expected the weights of layer {layer!r:.60}, got none")
        names = texts(inner, "weight_names")
        if names:
            layers[layer] = [(name, _dataset(inner, name, what)) for name in names]
    return layers


def match_stored(
    stored: Stored, model: keras.Model, what: str
) -> dict[str, tuple[keras.Variable, h5py.Dataset]]:
    """Find the array of each weight of a model.

    Parameters
    ----------
    stored : dict
        What `stored_weights` gave.
    model : keras.Model
        Perhaps without values.
    what : str
        What messages call the file.

    Returns
    -------
    dict of str to (keras.Variable, h5py.Dataset)
        By the file's name of the weight.

    Raises
    ------
    ModelFormatError
        If layers or weights are missing or too many, or of another shape.
    """
    layers = {_plain(layer.name): layer for layer in model.layers}
    waiting = {key for key, layer in layers.items() if _weights(layer)}
    found: dict[str, tuple[keras.Variable, h5py.Dataset]] = {}
    for name, weights in stored.items():
        layer = model if name == "top_level_model_weights" else layers.get(_plain(name))
        if layer is None:
            raise ModelFormatError(f"{what}: expected no weights of a layer {name!r:.60}, got some")
        waiting.discard(_plain(name))
        own = _own(model) if layer is model else _weights(layer)
        found.update(_paired(weights, own, f"{what}: layer {name!r:.60}"))
    if waiting:
        raise ModelFormatError(f"{what}: expected weights of {sorted(waiting)[:5]}, got none")
    return found


def _dataset(group: h5py.Group, name: str, what: str) -> h5py.Dataset:
    import h5py

    found = group.get(name)
    if not isinstance(found, h5py.Dataset):
        raise ModelFormatError(f"{what}: expected the weight {name!r:.100}, got none")
    return found


def _plain(name: str) -> str:
    """Give a layer's name without what Keras 3 does not take in one."""
    return name.replace("/", "_")


def _weights(layer: keras.Layer) -> list[keras.Variable]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _own(model: keras.Model) -> list[keras.Variable]:
    """Give the variables that belong to the model itself and to none of its layers."""
    of_layers = {id(variable) for layer in model.layers for variable in layer.weights}
    return [variable for variable in _weights(model) if id(variable) not in of_layers]


def _paired(
    stored: list[tuple[str, h5py.Dataset]], variables: Sequence[keras.Variable], what: str
) -> dict[str, tuple[keras.Variable, h5py.Dataset]]:
    if len(stored) != len(variables):
        raise ModelFormatError(f"{what}: expected {len(variables)} weights, got {len(stored)}")
    chosen = _matched([name for name, _ in stored], [variable.path for variable in variables])
    result = {}
    for (name, dataset), index in zip(stored, chosen, strict=True):
        variable = variables[index]
        if tuple(variable.shape) != dataset.shape:
            raise ModelFormatError(
                f"{what}: {name}: expected shape {tuple(variable.shape)}, got {dataset.shape}"
            )
        result[name] = (variable, dataset)
    return result


def read_stored(dataset: h5py.Dataset) -> NDArray[Any]:
    """Read one array; what HDF5 takes for two bytes is bfloat16."""
    values = array(dataset.parent, dataset.name)
    if values.dtype.str == "|V2":
        import ml_dtypes

        return values.view(ml_dtypes.bfloat16)
    return values


def _matched(names: list[str], paths: list[str]) -> list[int]:
    """Give for each name in the file the index of its variable: by most parts equal from the end.

    What is equally like several is taken in order, as Keras takes everything.
    """
    stored = [name.split(":")[0].split("/")[::-1] for name in names]
    wanted = [path.split("/")[::-1] for path in paths]
    alike = sorted(
        (
            (-_common(a, b), abs(i - j), i, j)
            for i, a in enumerate(stored)
            for j, b in enumerate(wanted)
            if _common(a, b)
        ),
    )
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in alike:
        if i not in chosen and j not in taken:
            chosen[i] = j
            taken.add(j)
    left = iter(j for j in range(len(paths)) if j not in taken)
    return [chosen[i] if i in chosen else next(left) for i in range(len(names))]


def _common(a: list[str], b: list[str]) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count
