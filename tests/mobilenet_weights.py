"""Weight files of MobileNet in their real layouts, of random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np

from marcelle_nb.models.mobilenet_layers import layers_of

if TYPE_CHECKING:
    from pathlib import Path


def random_arrays(version, alpha, seed=0):
    """Give weights by layer with which pictures have different answers."""
    rng = np.random.default_rng(seed)
    arrays: dict[str, dict[str, np.ndarray]] = {}
    for layer, shapes in layers_of(version, alpha).items():
        arrays[layer] = {}
        for name, shape in shapes.items():
            if name == "kernel":
                fan = np.prod(shape[:-1]) if shape[-1] != 1 else 9
                values = rng.normal(size=shape) * np.sqrt(2 / fan)
            elif name in {"gamma", "moving_variance"}:
                values = rng.uniform(0.8, 1.2, shape)
            else:
                values = rng.normal(size=shape) * 0.1
            arrays[layer][name] = values.astype(np.float32)
    return arrays


def write_keras_weights(
    path: Path, version=1, alpha=1.0, seed=0, *, arrays=None, rename=lambda name: name, old=True
):
    """Write a file as Keras 2 wrote those of Keras Applications.

    A group for each layer at the top, also for those without weights; names with `:0` behind, one
    level deeper; `depthwise_kernel`.
    """
    arrays = random_arrays(version, alpha, seed) if arrays is None else arrays
    with h5py.File(path, "w") as file:
        names = ["input_1", *map(rename, arrays), "dropout"]
        file.attrs["layer_names"] = np.array([name.encode() for name in names])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.1.1"
        for empty in ("input_1", "dropout"):
            file.create_group(empty).attrs["weight_names"] = np.array([], "S1")
        for layer, weights in arrays.items():
            group = file.create_group(rename(layer))
            listed = []
            for name, values in weights.items():
                is_deep = old and name == "kernel" and values.shape[-2:] == (values.shape[-2], 1)
                told = "depthwise_kernel" if is_deep else name
                listed.append(f"{rename(layer)}/{told}:0")
                group.create_dataset(listed[-1], data=values)
            group.attrs["weight_names"] = np.array([name.encode() for name in listed])
    return path
