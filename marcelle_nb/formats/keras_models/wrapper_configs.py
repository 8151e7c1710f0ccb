"""The configurations of layers that hold other layers, said as Keras 3 says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.keras_models.layer_configs import (
    entry,
    layer_class,
    layer_class_of_ours,
    parameters,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Config = dict[str, Any]

_HELD = {"Bidirectional": "layer", "TimeDistributed": "layer", "RNN": "cell"}

WRAPPERS = frozenset((*_HELD, "StackedRNNCells"))


def translate_wrapper(
    name: str,
    config: Config,
    what: str,
    translate: Callable[..., Config],
    *,
    tfjs: bool,
) -> Config:
    """Translate the configuration of a layer that holds others.

    Parameters
    ----------
    name : str
        One of `WRAPPERS`.
    config : dict
    what : str
        What messages call the layer.
    translate : callable
        Translates what it holds: `translate(entry, what, tfjs=…)`.
    tfjs : bool
        Whether TensorFlow.js tells what the layers compute.
    """
    if name == "StackedRNNCells":
        return _stacked(config, what, translate, tfjs=tfjs)
    known, cls = layer_class(name, what)
    result = {k: v for k, v in config.items() if k in parameters(cls)}
    if tfjs:
        result.pop("dtype", None)
    if name == "RNN":
        result.pop("unroll", None)
        if isinstance(config["cell"], list):
            config = {
                **config,
                "cell": {"class_name": "StackedRNNCells", "config": {"cells": config["cell"]}},
            }
    held = _HELD[name]
    result[held] = translate(config[held], what, tfjs=tfjs)
    if name == "Bidirectional":
        result.pop("weights", None)
        backward = config.get("backward_layer")
        if backward is None and config["layer"].get("config", {}).get("go_backwards"):
            backward = _reversed(config["layer"])  # Keras would let both go backwards
        result["backward_layer"] = translate(backward, what, tfjs=tfjs) if backward else None
    flat = config.get("return_state") or config.get("stateful")
    if name == "RNN" and tfjs and flat and result["cell"]["class_name"] == "StackedRNNCells":
        cell = result["cell"]
        result["cell"] = entry(*layer_class_of_ours("StackedRNNCells"), cell["config"])
    if name == "TimeDistributed" or (name == "Bidirectional" and tfjs):
        known, cls = layer_class_of_ours(name)
    return entry(known, cls, result)


def _reversed(layer: Config) -> Config:
    config = layer["config"]
    return {
        **layer,
        "config": {
            **config,
            "go_backwards": not config["go_backwards"],
            "name": f"backward_{config.get('name')}",
        },
    }


def _stacked(config: Config, what: str, translate: Callable[..., Config], *, tfjs: bool) -> Config:
    known, cls = layer_class("StackedRNNCells", what)
    result = {k: v for k, v in config.items() if k in parameters(cls)}
    if tfjs:
        result.pop("dtype", None)
    result["cells"] = [translate(cell, what, tfjs=tfjs) for cell in config["cells"]]
    return entry(known, cls, result)
