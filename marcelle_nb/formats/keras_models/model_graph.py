"""Keras models put together from their layers, once and in order.

Keras itself does this too, but builds a Sequential anew for each of its layers and finds the order
of a functional model by trial; errors then name no layer.
"""

from __future__ import annotations

import math
import re
from collections import deque
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import keras

Config = dict[str, Any]

MAX_SPREAD = 4 * 2**20
"""Values that a mean may be repeated for; that of each pixel of a large picture."""


def made(entry: Mapping[str, Any]) -> keras.layers.Layer:
    """Make a layer or a model from its configuration in the form of Keras 3.

    Parameters
    ----------
    entry : mapping
        `module`, `class_name`, `config` and `registered_name`.

    Raises
    ------
    ModelFormatError
        If layers are connected in a circle, or to none.
    Exception
        Whatever Keras raises about configurations that it cannot take.
    """
    import keras

    if not entry.get("registered_name") and entry["class_name"] == "Sequential":
        return _sequential(entry["config"])
    if not entry.get("registered_name") and entry["class_name"] in {"Functional", "Model"}:
        return _functional(entry["config"])
    return keras.saving.deserialize_keras_object(dict(entry), safe_mode=True)


def _named(entry: Config) -> str:
    return str(entry.get("name") or entry["config"].get("name") or entry["class_name"])


def _layer(entry: Config) -> Any:
    try:
        layer = made(entry)
        for each in layer._flatten_layers() if hasattr(layer, "_flatten_layers") else ():
            _bound_constants(each)
        return layer
    except ModelFormatError:
        raise
    except Exception as error:
        raise _about(_named(entry), error) from error


def _bound_constants(layer: Any) -> None:
    """Keep one number of a configuration from becoming an array of any size.

    `Normalization` spreads its mean and variance over its input when it is built.
    """
    import keras

    if not isinstance(layer, keras.layers.Normalization) or layer.input_mean is None:
        return
    build = layer.build

    def bounded(input_shape: Any) -> None:
        kept = [input_shape[axis] or 1 for axis in layer.axis if -len(input_shape) <= axis]
        if math.prod(kept) > MAX_SPREAD:
            raise ValueError(
                f"expected a mean for at most {MAX_SPREAD:,} values, got {math.prod(kept):,}"
            )
        build(input_shape)

    layer.build = bounded


def _about(name: str, error: Exception) -> ModelFormatError:
    return ModelFormatError(f"layer {name[:80]!r}: {plain(error)[:300]}")


def plain(error: BaseException) -> str:
    """Give the message of an error in one line and without colours."""
    return " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split()) or type(error).__name__


def _sequential(config: Config) -> Any:
    import keras

    layers = [_layer(entry) for entry in config["layers"]]
    try:
        model = keras.Sequential(
            layers, name=config.get("name"), trainable=config.get("trainable", True)
        )
    except Exception as error:
        # the first that was not called to the end is the one that does not fit
        failed = next((layer for layer in layers if not layer._inbound_nodes), layers[-1])
        raise _about(failed.name, error) from error
    shape = config.get("build_input_shape")
    if not model.built and isinstance(shape, list):
        model.build(tuple(shape))
    return model


def _functional(config: Config) -> Any:
    import keras

    layers: dict[str, Any] = {_named(entry): _layer(entry) for entry in config["layers"]}
    _connect(config["layers"], layers)

    def tensor(reference: list[Any]) -> Any:
        layer = layers[reference[0]]
        # Keras counts the calls of a functional model from 1 here, and only here
        first = isinstance(layer, keras.src.models.functional.Functional)
        return layer._inbound_nodes[reference[1] - first].output_tensors[reference[2]]

    return keras.Model(
        _mapped(config["input_layers"], tensor),
        _mapped(config["output_layers"], tensor),
        name=config.get("name"),
        trainable=config.get("trainable", True),
    )


def _mapped(value: Any, tensor: Any) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(each, tensor) for key, each in value.items()}
    if isinstance(value, list | tuple) and len(value) == 3 and isinstance(value[0], str):
        return tensor(value)
    return [_mapped(each, tensor) for each in value]


def _connect(entries: list[Config], layers: Mapping[str, Any]) -> None:
    """Call each layer as often as it says, after those whose outputs it takes."""
    from keras.src.models.functional import deserialize_node

    nodes = {(_named(e), i): n for e in entries for i, n in enumerate(e["inbound_nodes"])}
    for name, i in _sorted(nodes):
        try:
            arguments, keywords = deserialize_node(nodes[name, i], layers)
            layers[name](*arguments, **keywords)
        except Exception as error:
            raise _about(name, error) from error


def _sorted(nodes: Mapping[tuple[str, int], Any]) -> Iterator[tuple[str, int]]:
    """Order the calls: each after those that it needs, else as they are."""
    needed: dict[tuple[str, int], set[tuple[str, int]]] = {}
    waiting: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for name, i in nodes:
        before = {*_sources(nodes[name, i])} | ({(name, i - 1)} if i else set())
        needed[name, i] = {call for call in before if call in nodes}
        for call in needed[name, i]:
            waiting.setdefault(call, []).append((name, i))
    ready = deque(call for call, before in needed.items() if not before)
    count = 0
    while ready:
        call = ready.popleft()
        count += 1
        yield call
        for after in waiting.get(call, ()):
            needed[after].discard(call)
            if not needed[after]:
                ready.append(after)
    if count < len(nodes):
        name = next(name for (name, i), before in needed.items() if before)
        raise ModelFormatError(f"layer {name[:80]!r}: expected inputs that lead here, got a circle")


def _sources(node: Any) -> Iterator[tuple[str, int]]:
    """Give the layers, and which of their calls, that a call takes tensors from."""
    stack = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            history = value.get("keras_history")
            if isinstance(history, list):
                yield history[0], history[1]
            stack += value.values()
        elif isinstance(value, list):
            stack += value
