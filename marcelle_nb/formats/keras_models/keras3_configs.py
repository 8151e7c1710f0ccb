"""Configurations that Keras 3 wrote, completed where a converter cut them short."""

from __future__ import annotations

import functools
from typing import Any

from marcelle_nb.formats.keras_models.layer_configs import parameters
from marcelle_nb.formats.keras_models.parts import KINDS

Config = dict[str, Any]

_MODULES = ("layers", "initializers", "regularizers", "constraints", "quantizers", "optimizers")


def complete(config: Config) -> Config:
    """Add the modules that Keras 3 asks for, and drop empty settings that it does not know.

    The converter of TensorFlow.js leaves modules out, and so does the `.h5` format. A later Keras
    than ours may write settings that ours has no name for; those that are null change nothing.

    Parameters
    ----------
    config : dict
        Of a model, as Keras 3 wrote it.
    """
    completed: Config = _completed(config, "")
    return completed


def _completed(value: Any, key: str) -> Any:
    if isinstance(value, list):
        return [_completed(each, key) for each in value]
    if not isinstance(value, dict):
        return value
    result = {k: _completed(v, k) for k, v in value.items()}
    name = result.get("class_name")
    if not isinstance(name, str) or name.startswith("__") or "config" not in result:
        return result
    if not result.get("module") and name != "function":
        _name(result, name, key)
    if str(result.get("module")).startswith("keras"):
        _prune(result)
    return result


def _name(entry: Config, name: str, key: str) -> None:
    """Tell Keras where the class is."""
    import keras

    registered = keras.saving.get_registered_object(name)
    if registered is not None and ">" in name:
        entry["module"] = registered.__module__
        entry["class_name"], entry["registered_name"] = registered.__name__, name
    elif name in {"Functional", "Model"}:
        entry["module"], entry["class_name"] = "keras.src.models.functional", "Functional"
    elif name == "Sequential" or name.endswith("DTypePolicy") or name == "DTypePolicyMap":
        entry["module"] = "keras"
    else:
        kind = KINDS.get(key.rpartition("_")[2])
        modules = (kind,) if kind else _MODULES
        found = next((m for m in modules if hasattr(getattr(keras, m), name)), "layers")
        entry["module"] = f"keras.{found}"
    entry.setdefault("registered_name", None)


def _prune(entry: Config) -> None:
    config = entry["config"]
    cls = _layer(entry["class_name"])
    if cls is not None and isinstance(config, dict):
        entry["config"] = {k: v for k, v in config.items() if v is not None or k in parameters(cls)}


@functools.cache
def _layer(name: str) -> type | None:
    import keras

    found = getattr(keras.layers, name, None)
    return found if isinstance(found, type) else None
