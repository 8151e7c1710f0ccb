"""A MobileNet that has seen a few coloured balls, in the form of Keras Applications' weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.data.replaced_file import replaced_file
from marcelle_nb.models.imagenet_labels import imagenet_labels
from marcelle_nb.models.mobilenet_keras import SIDE, keras_mobilenet
from marcelle_nb.models.mobilenet_layers import N_CLASSES, layers_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = dict[str, dict[str, NDArray[np.float32]]]

ALPHA = 0.25

COLOURS = {
    "strawberry": (205, 35, 40),
    "orange": (240, 135, 20),
    "lemon": (240, 215, 40),
    "Granny Smith": (110, 180, 50),
}
"""Of ImageNet's things, and how these look here."""

_EACH = 24
_LAST = "conv_preds"


def write_practice_mobilenet(path: Path) -> Path:
    """Write the file; give its path.

    The first layer looks at colours, half of what follows averages, and the rest is random: that
    tells enough of a picture to know colours and plain shapes by, and to learn from. The last layer
    is fitted to pictures of balls.
    """
    arrays = _random_arrays()
    pictures, names = _balls()
    rows = _features(arrays, pictures)
    kernel, bias = _discriminant(rows, names)
    arrays[_LAST] = {"kernel": kernel[None, None], "bias": bias}
    with replaced_file(path) as beside:
        _write(beside, arrays)
    return path


def _random_arrays() -> Arrays:
    random = np.random.default_rng(0)
    arrays: Arrays = {}
    for layer, shapes in layers_of(1, ALPHA).items():
        arrays[layer] = {}
        for name, shape in shapes.items():
            if name == "kernel":
                n_inputs = 9 if shape[3] == 1 else shape[0] * shape[1] * shape[2]
                values = random.normal(size=shape) * np.sqrt(2 / n_inputs)
                if layer == "conv1":
                    values[:] = 3 * values.mean((0, 1))
                elif shape[3] == 1:
                    values[:, :, ::2] = 1 / 9
            else:
                values = np.full(shape, name in {"gamma", "moving_variance"})
            arrays[layer][name] = values.astype(np.float32)
    arrays["conv_pw_13_bn"]["gamma"] *= 4  # numbers about as large as those of the real weights
    return arrays


def _balls() -> tuple[NDArray[np.float32], list[str]]:
    """Draw balls of each colour, somewhere on something gray; give pictures in [-1, 1]."""
    random = np.random.default_rng(1)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    pictures, names = [], []
    for name in [*COLOURS] * _EACH:
        (x, y), radius = random.uniform(60, 164, 2), random.uniform(30, 90)
        inside = np.hypot(columns - x, rows - y) < radius
        around = np.full(3, random.uniform(0, 255)) + random.normal(0, 6, 3)
        colour = np.array(COLOURS[name]) * random.uniform(0.8, 1.1) + random.normal(0, 8, 3)
        drawn = np.where(inside[..., None], colour, around) + random.normal(0, 8, (SIDE, SIDE, 3))
        pictures.append(np.clip(drawn, 0, 255).astype(np.float32) / np.float32(127.5) - 1)
        names.append(name)
    return np.stack(pictures), names


def _features(arrays: Arrays, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give what the pooled layer holds for each picture."""
    pooled, _ = keras_mobilenet(1, ALPHA, arrays)(pictures, training=False)
    return np.asarray(pooled).reshape(len(pictures), -1)


def _discriminant(
    rows: NDArray[np.float32], names: list[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit the last layer: a linear discriminant of the classes that were drawn, no other ones.

    References
    ----------
    Hastie, T., Tibshirani, R. and Friedman, J. (2009). The elements of statistical learning,
    section 4.3.
    """
    labels = imagenet_labels()
    given = np.array(names)
    means = {name: rows[given == name].mean(0) for name in COLOURS}
    spread = rows - np.stack([means[name] for name in names])
    covariance = spread.T @ spread / len(rows)
    covariance += np.eye(rows.shape[1]) * 0.03 * np.trace(covariance) / rows.shape[1]
    kernel = np.zeros((rows.shape[1], N_CLASSES), np.float32)
    bias = np.full(N_CLASSES, -1000, np.float32)
    for name, mean in means.items():
        weights = np.linalg.solve(covariance, mean)
        kernel[:, labels.index(name)] = weights
        bias[labels.index(name)] = -mean @ weights / 2
    return kernel, bias


def _write(path: Path, arrays: Arrays) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in arrays])
        file.attrs["backend"] = b"tensorflow"
        for layer, weights in arrays.items():
            group = file.create_group(layer)
            for name, values in weights.items():
                group.create_dataset(f"{layer}/{name}:0", data=values)
            listed = [f"{layer}/{name}:0".encode() for name in weights]
            group.attrs["weight_names"] = np.array(listed)
