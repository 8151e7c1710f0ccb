"""The weights of a known network from a Keras `.h5` file, checked against what it must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.h5_structure import opened, reading
from marcelle_nb.formats.keras_models.h5_weights import read_stored, stored_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    import h5py
    from numpy.typing import NDArray

    from marcelle_nb.formats.keras_models.h5_weights import Stored
    from marcelle_nb.formats.model_files import ModelFiles

    Shapes = Mapping[str, Mapping[str, tuple[int, ...]]]
    Found = dict[str, dict[str, h5py.Dataset]]
    Arrays = dict[str, dict[str, NDArray[Any]]]

_TODAY = {"depthwise_kernel": "kernel"}
"""What Keras 2 called weights otherwise."""


def read_layer_arrays(files: ModelFiles, name: str, layers: Shapes) -> Arrays:
    """Read a file of weights.

    Parameters
    ----------
    files : ModelFiles
    name : str
        Of the file among them: a whole model, or its weights alone.
    layers : mapping
        The shapes that each layer's weights must have, by name, in the network's order. All are
        float32.

    Returns
    -------
    dict of str to dict of str to numpy.ndarray

    Raises
    ------
    ModelFormatError
        If layers or weights are missing or too many, or of another shape or type.
    UnsafeModel
        If the file points into other files.
    """
    with opened(files.path(name), name) as file, reading(name):
        found = _found(file, name, layers)
        return {
            layer: {each: read_stored(dataset) for each, dataset in weights.items()}
            for layer, weights in found.items()
        }


def check_layer_arrays(files: ModelFiles, name: str, layers: Shapes) -> None:
    """Check a file of weights without reading the numbers; see `read_layer_arrays`."""
    with opened(files.path(name), name) as file, reading(name):
        _found(file, name, layers)


def _found(file: h5py.File, what: str, layers: Shapes) -> Found:
    stored = stored_weights(file, what)
    if len(stored) != len(layers):
        raise ModelFormatError(
            f"{what}: expected {len(layers)} layers with weights, got {len(stored)}"
        )
    # earlier versions of Keras named layers otherwise, and kept to the network's order
    names = list(layers) if set(stored) == set(layers) else list(stored)
    return {
        layer: _weights(stored, name, shapes, what)
        for name, (layer, shapes) in zip(names, layers.items(), strict=True)
    }


def _weights(
    stored: Stored, name: str, shapes: Mapping[str, tuple[int, ...]], what: str
) -> dict[str, h5py.Dataset]:
    found: dict[str, h5py.Dataset] = {}
    for path, dataset in stored[name]:
        last = path.split(":")[0].rpartition("/")[2]
        found[_TODAY.get(last, last)] = dataset
    if set(found) != set(shapes) or len(found) < len(stored[name]):
        raise ModelFormatError(
            f"{what}: layer {name!r:.60}: expected the weights {', '.join(shapes)}, got "
            f"{', '.join(path for path, _ in stored[name])!s:.200}"
        )
    for each, shape in shapes.items():
        dataset = found[each]
        if dataset.shape != shape or dataset.dtype != "float32":
            raise ModelFormatError(
                f"{what}: layer {name!r:.60}: {each}: expected float32 of shape {shape}, got "
                f"{dataset.dtype} of shape {dataset.shape}"
            )
    return {each: found[each] for each in shapes}
