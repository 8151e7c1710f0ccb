"""The shapes of weights against the layers that hold them, before any network is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Config = Mapping[str, Any]
    Shape = tuple[int | None, ...]

_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4, "CuDNNGRU": 3, "CuDNNLSTM": 4}


def check_weight_shapes(config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the weights that a file holds with the layers that its topology names.

    Weights are known by `<layer>/<variable>`; others, and layers not in the table, are left to the
    comparison after building.

    Parameters
    ----------
    config : mapping
        `{"class_name": …, "config": …}` of a model, of any version of Keras or TensorFlow.js.
    shapes : mapping of str to tuple of int
        The shape of each weight by its name.

    Raises
    ------
    ModelFormatError
        If a shape cannot be that of its layer.
    """
    for name, layer in _layers(config):
        for variable, expected in _variables(layer).items():
            got = shapes.get(f"{name}/{variable}")
            if got is not None and not _matches(expected, got):
                sizes = ", ".join("?" if n is None else str(n) for n in expected)
                raise ModelFormatError(f"{name}/{variable}: expected shape ({sizes}), got {got}")


def _layers(config: Any) -> Iterator[tuple[str, Config]]:
    """Give each layer with the prefix of its weights' names; nested models have none."""
    stack = [("", config)]
    while stack:
        prefix, layer = stack.pop()
        inner = layer.get("config") if isinstance(layer, dict) else None
        if isinstance(inner, list):  # an old Sequential is a bare list of layers
            inner = {"layers": inner}
        if not isinstance(inner, dict):
            continue
        if isinstance(inner.get("layers"), list):
            stack += [("", each) for each in inner["layers"]]
            continue
        name = prefix or str(inner.get("name"))
        wrapped = inner.get("layer")
        if not isinstance(wrapped, dict):
            yield name, layer
        elif layer.get("class_name") == "Bidirectional":
            of_wrapped = wrapped.get("config")
            stem = of_wrapped.get("name") if isinstance(of_wrapped, dict) else None
            stack += [(f"{name}/{side}_{stem}", wrapped) for side in ("forward", "backward")]
        else:
            stack.append((name, wrapped))


def _variables(layer: Config) -> dict[str, Shape]:
    """Give the shapes of a layer's weights, None for sizes that depend on its input."""
    kind = str(layer.get("class_name"))
    find = _TABLE.get(kind)
    if find is None:
        return {}
    try:
        return find(layer["config"])
    except (KeyError, TypeError, ValueError, IndexError):
        return {}  # a field is missing or odd: whoever builds the layer says which


def _matches(expected: Shape, got: tuple[int, ...]) -> bool:
    return len(expected) == len(got) and all(
        n in (None, m) for n, m in zip(expected, got, strict=True)
    )


def _whole(config: Config, key: str) -> int:
    value = config[key]
    if type(value) is not int:
        raise TypeError(key)
    return value


def _window(config: Config, rank: int, key: str = "kernel_size") -> tuple[int, ...]:
    value = config[key]
    window = (value,) * rank if type(value) is int else tuple(value)
    if len(window) != rank or not all(type(n) is int for n in window):
        raise ValueError(key)
    return window


def _dense(config: Config) -> dict[str, Shape]:
    units = _whole(config, "units")
    return {"kernel": (None, units), "bias": (units,)}


def _embedding(config: Config) -> dict[str, Shape]:
    return {"embeddings": (_whole(config, "input_dim"), _whole(config, "output_dim"))}


def _convolution(rank: int) -> Callable[[Config], dict[str, Shape]]:
    def shapes(config: Config) -> dict[str, Shape]:
        filters = _whole(config, "filters")
        return {"kernel": (*_window(config, rank), None, filters), "bias": (filters,)}

    return shapes


def _transposed(rank: int) -> Callable[[Config], dict[str, Shape]]:
    def shapes(config: Config) -> dict[str, Shape]:
        filters = _whole(config, "filters")
        return {"kernel": (*_window(config, rank), filters, None), "bias": (filters,)}

    return shapes


def _separable(rank: int) -> Callable[[Config], dict[str, Shape]]:
    def shapes(config: Config) -> dict[str, Shape]:
        filters, ones = _whole(config, "filters"), (1,) * rank
        return {
            "depthwise_kernel": (*_window(config, rank), None, None),
            "pointwise_kernel": (*ones, None, filters),
            "bias": (filters,),
        }

    return shapes


def _depthwise(rank: int) -> Callable[[Config], dict[str, Shape]]:
    def shapes(config: Config) -> dict[str, Shape]:
        window = _window(config, rank)
        return {"depthwise_kernel": (*window, None, _whole(config, "depth_multiplier"))}

    return shapes


def _recurrent(gates: int) -> Callable[[Config], dict[str, Shape]]:
    def shapes(config: Config) -> dict[str, Shape]:
        units = _whole(config, "units")
        return {"kernel": (None, gates * units), "recurrent_kernel": (units, gates * units)}

    return shapes


def _conv_lstm(rank: int) -> Callable[[Config], dict[str, Shape]]:
    def shapes(config: Config) -> dict[str, Shape]:
        filters, window = _whole(config, "filters"), _window(config, rank)
        return {
            "kernel": (*window, None, 4 * filters),
            "recurrent_kernel": (*window, filters, 4 * filters),
            "bias": (4 * filters,),
        }

    return shapes


_TABLE: dict[str, Callable[[Config], dict[str, Shape]]] = {
    "Dense": _dense,
    "Embedding": _embedding,
    **{name: _recurrent(gates) for name, gates in _GATES.items()},
    **{f"Conv{n}D": _convolution(n) for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _transposed(n) for n in (1, 2, 3)},
    **{f"SeparableConv{n}D": _separable(n) for n in (1, 2)},
    **{f"DepthwiseConv{n}D": _depthwise(n) for n in (1, 2)},
    **{f"ConvLSTM{n}D": _conv_lstm(n) for n in (1, 2, 3)},
}
