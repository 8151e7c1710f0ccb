"""Dense layers as the files of a network hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.weights import read_weights
from marcelle_nb.models.tfjs_network import MAIN, TfjsNetwork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.models.dense_network import Layer

_INITIALIZERS = {
    "kernel_initializer": {
        "class_name": "VarianceScaling",
        "config": {"scale": 1, "mode": "fan_avg", "distribution": "normal", "seed": None},
    },
    "bias_initializer": {"class_name": "Zeros", "config": {}},
}
_UNUSED = (
    *("kernel_regularizer", "bias_regularizer", "activity_regularizer"),
    *("kernel_constraint", "bias_constraint"),
)


@dataclass(frozen=True, eq=False)
class DenseLayers:
    """Dense layers with ReLU, the last with another activation.

    Attributes
    ----------
    weights : sequence of (kernel, bias)
        Kernels of shape (in, out), in order; float32.
    output : str
        The activation of the last: "softmax", "linear".
    """

    weights: Sequence[Layer]
    output: str

    def network(self) -> TfjsNetwork:
        """Give the files that say them."""
        configs, specs, pieces = [], [], []
        for number, (kernel, bias) in enumerate(self.weights, 1):
            name = f"dense_Dense{number}"
            activation = "relu" if number < len(self.weights) else self.output
            first = {"batch_input_shape": [None, len(kernel)]} if number == 1 else {}
            configs.append(_dense_config(name, len(bias), activation) | first)
            for part, array in (("kernel", kernel), ("bias", bias)):
                shape = list(array.shape)
                specs.append({"name": f"{name}/{part}", "shape": shape, "dtype": "float32"})
                pieces.append(np.ascontiguousarray(array, "<f4").tobytes())
        entries = [{"class_name": "Dense", "config": config} for config in configs]
        topology = {
            "class_name": "Sequential",
            "config": {"name": "sequential_1", "layers": entries},
            "keras_version": "tfjs-layers 4.11.0",
            "backend": "tensor_flow.js",
        }
        return TfjsNetwork.of_topology(topology, specs, b"".join(pieces))

    @classmethod
    def read(cls, network: TfjsNetwork) -> DenseLayers | None:
        """Find them in files.

        Returns
        -------
        DenseLayers, or None
            None where there are other layers or activations, which Keras has to read.

        Raises
        ------
        ModelFormatError
            If the weights do not fit the layers.
        """
        document = network.document
        entries = _entries(document.topology.get("model_config", document.topology))
        if not entries:
            return None
        plain = [_plain_dense(entry) for entry in entries]
        layers = [one for one in plain if one is not None]
        hidden = {activation for _, _, activation in layers[:-1]}
        if len(layers) < len(plain) or hidden - {"relu"}:
            return None
        specs = [spec for group in document.groups for spec in group.specs]
        odd = [it for it in specs if it.dtype != "float32"]
        if odd:
            raise ModelFormatError(
                f"{odd[0].name!a:.60}: expected weights of type float32, got {odd[0].dtype}"
            )
        names = {f"{name}/{part}" for name, _, _ in layers for part in ("kernel", "bias")}
        if names != {spec.name for spec in specs}:  # names of older converters, or no bias
            return None
        held = ModelFiles(network.files)
        arrays = read_weights(held, MAIN, ModelJson.read(held, MAIN).groups)
        weights = [(arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name, _, _ in layers]
        _check_shapes([units for _, units, _ in layers], weights, _input_width(entries[0]))
        floats = [(k.astype(np.float32), b.astype(np.float32)) for k, b in weights]
        return cls(floats, layers[-1][2])


def _dense_config(name: str, units: int, activation: str) -> dict[str, Any]:
    unused = dict.fromkeys(_UNUSED)
    about = {"units": units, "activation": activation, "use_bias": True}
    return {**about, **_INITIALIZERS, **unused, "name": name, "trainable": True}


def _entries(model: Any) -> list[dict[str, Any]]:
    """Give the layers of a Sequential, whose first versions had them without a name."""
    if not isinstance(model, dict) or model.get("class_name") != "Sequential":
        return []
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list) or not all(isinstance(one, dict) for one in layers):
        return []
    return layers


def _plain_dense(entry: Mapping[str, Any]) -> tuple[str, int, str] | None:
    config = entry.get("config")
    if entry.get("class_name") != "Dense" or not isinstance(config, dict):
        return None
    name, units = config.get("name"), config.get("units")
    activation = config.get("activation") or "linear"
    is_plain = (
        isinstance(name, str)
        and type(units) is int
        and isinstance(activation, str)
        and config.get("use_bias", True) is True
        and config.get("dtype") in (None, "float32")
        # one is applied whenever TensorFlow.js sets a weight
        and config.get("kernel_constraint") is None
        and config.get("bias_constraint") is None
    )
    return (name, units, activation) if is_plain else None  # type: ignore[return-value]


def _input_width(entry: Mapping[str, Any]) -> int | None:
    shape = entry["config"].get("batch_input_shape")
    width = shape[-1] if isinstance(shape, list) and len(shape) == 2 else None
    return width if type(width) is int else None


def _check_shapes(units: list[int], weights: list[Layer], width: int | None) -> None:
    above = width if width is not None else len(weights[0][0])
    for number, (n, (kernel, bias)) in enumerate(zip(units, weights, strict=True), 1):
        if kernel.shape != (above, n) or bias.shape != (n,) or n < 1 or above < 1:
            raise ModelFormatError(
                f"layer {number}: expected weights of shape ({above}, {n}) and ({n},),"
                f" got {kernel.shape} and {bias.shape}"
            )
        above = n
