"""Sequential models seen as functional ones."""

from __future__ import annotations

from typing import Any

from marcelle_nb.errors import ModelFormatError

Config = dict[str, Any]

MODELS = frozenset(("Model", "Functional", "Sequential"))


def functional_view(model: Config) -> Config:
    """Give a Sequential as a functional model; any other as it is.

    Parameters
    ----------
    model : dict
        `class_name` and `config` as TensorFlow.js or Keras 2 writes them.
    """
    config = model["config"]
    if model["class_name"] != "Sequential":
        return model
    layers = config if isinstance(config, list) else config["layers"]
    name = "sequential" if isinstance(config, list) else config.get("name") or "sequential"
    chain: list[Config] = []
    if layers[0]["class_name"] != "InputLayer":
        chain.append(_input(layers[0]))
    for layer in layers:
        named = {**layer, "name": layer["config"]["name"], "inbound_nodes": []}
        if chain:
            before = chain[-1]
            node = int(before["class_name"] in MODELS)
            named["inbound_nodes"] = [[[before["name"], node, 0, {}]]]
        chain.append(named)
    last = [chain[-1]["name"], int(chain[-1]["class_name"] in MODELS), 0]
    ends = {"input_layers": [[chain[0]["name"], 0, 0]], "output_layers": [last]}
    return {"class_name": "Functional", "config": {"name": name, "layers": chain, **ends}}


def _input(layer: Config) -> Config:
    """Give the input that the first layer of a Sequential tells about."""
    config = layer["config"]
    if layer["class_name"] in MODELS:
        inner = functional_view(layer)["config"]["layers"]
        found = next((each for each in inner if each["class_name"] == "InputLayer"), None)
        if found is None:
            raise ModelFormatError(f"layer {config.get('name')!r:.80}: expected an input, got none")
        return {**found, "inbound_nodes": []}
    name = f"{config['name']}_input"
    shape = {key: config.get(key) for key in ("batch_input_shape", "dtype")}
    return {
        "class_name": "InputLayer",
        "name": name,
        "config": {"name": name, **shape},
        "inbound_nodes": [],
    }
