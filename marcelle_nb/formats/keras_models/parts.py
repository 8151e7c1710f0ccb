"""What layers are configured with, activations to constraints, said as Keras 3 says it."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from marcelle_nb.errors import ModelFormatError

_SPELLINGS = {
    "LeCunNormal": "LecunNormal",
    "LeCunUniform": "LecunUniform",
    "normal": "RandomNormal",
    "uniform": "RandomUniform",
    "one": "Ones",
    "zero": "Zeros",
}

KINDS = {
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
}
"""The last word of a configuration's key, and the module of Keras that it speaks of."""


def activation(value: Any, what: str, *, keras3: bool) -> Any:
    """Translate an activation.

    Keras 3 gave `hard_sigmoid` another slope; before, and in TensorFlow.js, it is
    clip(x / 5 + 1/2, 0, 1), which one of our functions computes.

    Parameters
    ----------
    value : str, dict or None
    what : str
        What messages call the layer.
    keras3 : bool
        Whether Keras 3 wrote it.
    """
    if value is None:
        return None
    name = value
    if isinstance(value, dict):
        name = value.get("config") if value.get("class_name") == "function" else value["class_name"]
        if value.get("registered_name") not in (None, name, "function"):
            return value
    if not isinstance(name, str):
        raise ModelFormatError(f"{what}: expected the name of an activation, got {value!r:.80}")
    if name == "gelu_new" or (name == "hard_sigmoid" and not keras3):
        return _function(f"marcelle_nb>{name}")
    if ">" in name:
        return value
    if name in _activations():
        return name
    raise ModelFormatError(
        f"{what}: expected an activation of TensorFlow.js or Keras, got {name!r:.60}; if it is "
        "yours, register it with @keras.saving.register_keras_serializable() before loading"
    )


def part(kind: str, value: Any, what: str) -> Any:
    """Translate an initialiser, regulariser or constraint.

    Parameters
    ----------
    kind : str
        `"initializers"`, `"regularizers"` or `"constraints"`.
    value : str, dict or None
    what : str
        What messages call the layer.
    """
    if value is None:
        return None
    if isinstance(value, str):
        value = {"class_name": value, "config": {}}
    if not isinstance(value, dict) or not isinstance(value.get("class_name"), str):
        raise ModelFormatError(f"{what}: expected one of Keras's {kind}, got {value!r:.80}")
    name, config = value["class_name"], value.get("config") or {}
    if value.get("registered_name") not in (None, name) or ">" in name:
        return value
    cls = _class(kind, _SPELLINGS.get(name, name))
    if cls is None or not isinstance(config, dict):
        raise ModelFormatError(f"{what}: expected one of Keras's {kind}, got {name!r:.60}")
    config = {k: v for k, v in config.items() if k in _parameters(cls) and v is not None}
    if config.get("distribution") == "normal":
        config["distribution"] = "truncated_normal"
    return {
        "module": f"keras.{kind}",
        "class_name": cls.__name__,
        "config": config,
        "registered_name": None,
    }


def _function(name: str) -> dict[str, Any]:
    return {
        "module": "builtins",
        "class_name": "function",
        "config": name,
        "registered_name": "function",
    }


@functools.cache
def _activations() -> frozenset[str]:
    import keras

    return frozenset(
        name for name in dir(keras.activations) if not name.startswith("_") and name.islower()
    ) - {"get", "serialize", "deserialize"}


@functools.cache
def _class(kind: str, name: str) -> type | None:
    import keras

    found = getattr(getattr(keras, kind), name, None)
    return found if isinstance(found, type) else None


@functools.cache
def _parameters(cls: type) -> frozenset[str]:
    return frozenset(inspect.signature(cls).parameters)
