"""Activations, initialisers, regularisers and constraints, said as TensorFlow.js says them."""

from __future__ import annotations

from typing import Any

from marcelle_nb.errors import ModelFormatError

Config = dict[str, Any]

_ACTIVATIONS = frozenset(
    [
        "elu",
        "gelu",
        "linear",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
    ]
)
_RENAMED_ACTIVATIONS = {"silu": "swish", "marcelle_nb>hard_sigmoid": "hard_sigmoid"}

_DIFFERENT = {
    "hard_sigmoid": "clip(x / 5 + 1/2, 0, 1)",
    "marcelle_nb>gelu_new": "an activation that it finds again in a file",
}

_SCALINGS: dict[str, tuple[float, str, str]] = {
    "GlorotNormal": (1, "fan_avg", "normal"),
    "GlorotUniform": (1, "fan_avg", "uniform"),
    "HeNormal": (2, "fan_in", "normal"),
    "HeUniform": (2, "fan_in", "uniform"),
    "LecunNormal": (1, "fan_in", "normal"),
    "LecunUniform": (1, "fan_in", "uniform"),
}

_INITIALIZERS = {
    "Constant": ("value",),
    "Identity": ("gain",),
    "Ones": (),
    "Orthogonal": ("gain", "seed"),
    "RandomNormal": ("mean", "stddev", "seed"),
    "RandomUniform": ("minval", "maxval", "seed"),
    "TruncatedNormal": ("mean", "stddev", "seed"),
    "VarianceScaling": ("scale", "mode", "distribution", "seed"),
    "Zeros": (),
}

_CONSTRAINTS = {
    "MaxNorm": ("max_value", "axis"),
    "MinMaxNorm": ("min_value", "max_value", "rate", "axis"),
    "NonNeg": (),
    "UnitNorm": ("axis",),
}


def unsayable(what: str, expected: str, got: Any) -> ModelFormatError:
    """Give the error for what a LayersModel cannot hold, or TensorFlow.js computes differently."""
    return ModelFormatError(
        f"{what}: expected {expected}, as a LayersModel of TensorFlow.js computes it, got "
        f"{got!s:.80}; write the model as a graph with format='tfjs-graph'"
    )


def activation_to_tfjs(value: Any, what: str) -> str:
    """Give the name of an activation in TensorFlow.js.

    Parameters
    ----------
    value : str, dict or None
        As Keras 3 writes it into a layer's configuration.
    what : str
        What messages call the layer.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js has no such activation, or gives its name to another function.
    """
    name = "linear" if value is None else value
    if isinstance(name, dict):
        if name.get("class_name") != "function":
            raise unsayable(what, "an activation by its name", name.get("class_name"))
        name = name["config"]
    name = _RENAMED_ACTIVATIONS.get(name, name)
    if name == "hard_sigmoid" and _is_keras3s(value):
        raise unsayable(what, _DIFFERENT["hard_sigmoid"], "Keras 3's hard_sigmoid")
    if name not in _ACTIVATIONS | {"hard_sigmoid"}:
        expected = _DIFFERENT.get(name, f"an activation of {', '.join(sorted(_ACTIVATIONS))}")
        raise unsayable(what, expected, name)
    return str(name)


def _is_keras3s(value: Any) -> bool:
    return value == "hard_sigmoid" or (
        isinstance(value, dict) and value["config"] == "hard_sigmoid"
    )


def part_to_tfjs(word: str, value: Any, what: str) -> Config | None:
    """Translate an initialiser, regulariser or constraint.

    An initialiser that TensorFlow.js does not have becomes zeros: the weights are in the file.

    Parameters
    ----------
    word : str
        `"initializer"`, `"regularizer"` or `"constraint"`.
    value : dict or None
        As Keras 3 writes it into a layer's configuration.
    what : str
        What messages call the layer.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js has no such regulariser or constraint.
    """
    if value is None:
        return None
    name, config = value["class_name"], value.get("config") or {}
    if not isinstance(config, dict) or value.get("registered_name") not in (None, name):
        name, config = str(value.get("registered_name")), {}
    if word == "initializer":
        return _initializer(name, config)
    if word == "regularizer":
        if name not in {"L1", "L2", "L1L2"}:
            raise unsayable(what, "a regulariser of L1, L2, L1L2", name)
        parts = {key: float(config.get(key) or 0) for key in ("l1", "l2")}
        return {"class_name": "L1L2", "config": parts}
    if name not in _CONSTRAINTS:
        raise unsayable(what, f"a constraint of {', '.join(_CONSTRAINTS)}", name)
    return {"class_name": name, "config": {k: config[k] for k in _CONSTRAINTS[name] if k in config}}


def _initializer(name: str, config: Config) -> Config:
    if name in _SCALINGS:
        scale, mode, distribution = _SCALINGS[name]
        config = {**config, "scale": scale, "mode": mode, "distribution": distribution}
        name = "VarianceScaling"
    if name == "OrthogonalInitializer":
        name = "Orthogonal"
    if name not in _INITIALIZERS or (name == "Constant" and not _is_number(config.get("value"))):
        return {"class_name": "Zeros", "config": {}}
    kept = {key: config.get(key) for key in _INITIALIZERS[name]}
    if kept.get("distribution") in {"truncated_normal", "untruncated_normal"}:
        kept["distribution"] = "normal"
    if "seed" in kept and type(kept["seed"]) is not int:
        kept["seed"] = None  # a generator of Keras's own
    return {"class_name": name, "config": kept}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
