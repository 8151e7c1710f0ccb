"""What the writers of layers take for granted, and what they call otherwise than Keras 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Callable

Config = dict[str, Any]

_GATED = frozenset(("GRU", "GRUCell", "LSTM", "LSTMCell", "ConvLSTM2D", "ConvLSTM2DCell"))


def prepared(name: str, config: Config, what: str, *, tfjs: bool) -> Config:
    """Rename keys and fill in what the writer's software takes for granted.

    Parameters
    ----------
    name : str
        Of the class.
    config : dict
    what : str
        What messages call the layer.
    tfjs : bool
        Whether TensorFlow.js tells what the layer computes.
    """
    config = dict(config)
    if not isinstance(config.get("name", ""), str):
        raise ModelFormatError(f"{what}: name: expected a text, got {config['name']!r:.60}")
    if tfjs:
        _as_tfjs(name, config)
    prepare = _PREPARATIONS.get(name)
    if prepare:
        prepare(config)
    return config


def _as_tfjs(name: str, config: Config) -> None:
    # what is null is as if unsaid, but for a few keys where null says something
    for key in [k for k, v in config.items() if v is None and k not in _SAYING]:
        del config[key]
    config.pop("dtype", None)  # of the layer's input; weights are always float32
    for key in _UNHEEDED.get(name, ()):
        config.pop(key, None)
    if name == "Concatenate" and isinstance(config.get("axis"), int) and config["axis"] < 0:
        config["axis"] = -1  # every negative axis is the last one to it
    if name in _GATED:
        config.setdefault("recurrent_activation", "hard_sigmoid")


_SAYING = frozenset(("activation", "recurrent_activation"))

_UNHEEDED = {
    "ReLU": ("negative_slope", "threshold"),
    "DepthwiseConv2D": ("dilation_rate",),
    "Conv2DTranspose": ("dilation_rate", "output_padding"),
    "Conv3DTranspose": ("dilation_rate", "output_padding"),
    **{f"Global{kind}Pooling{n}D": ("keepdims",) for kind in ("Average", "Max") for n in (1, 2)},
}
"""What Keras 2 writes and TensorFlow.js does not look at."""


def replaced(name: str, config: Config) -> str | None:
    """Tell which of our layers computes what TensorFlow.js does, where Keras's own does not."""
    if name == "UpSampling2D" and config.get("interpolation") == "bilinear":
        return "UpSampling2D"
    if name == "Dot" and config.get("normalize"):
        return "Dot"
    return name if name in {"Concatenate", "GlobalAveragePooling1D"} else None


def _rename(old: str, new: str) -> Callable[[Config], None]:
    def rename(config: Config) -> None:
        if old in config:
            config.setdefault(new, config.pop(old))

    return rename


def _normalization(config: Config) -> None:
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]


def _reshape(config: Config) -> None:
    shape = config.get("target_shape")
    if isinstance(shape, list):
        config["target_shape"] = [-1 if n is None else n for n in shape]


def _gru(config: Config) -> None:
    config.setdefault("reset_after", False)


def _separable(config: Config) -> None:
    for key in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
        config.pop(key, None)


def _rolled(config: Config) -> None:
    config.pop("unroll", None)  # the same numbers, and a graph that is as small as can be


def _also(*steps: Callable[[Config], None]) -> Callable[[Config], None]:
    def prepare(config: Config) -> None:
        for step in steps:
            step(config)

    return prepare


_PREPARATIONS: dict[str, Callable[[Config], None]] = {
    "LeakyReLU": _rename("alpha", "negative_slope"),
    "BatchNormalization": _normalization,
    "Reshape": _reshape,
    "GRU": _also(_gru, _rolled),
    "GRUCell": _gru,
    "LSTM": _rolled,
    "SimpleRNN": _rolled,
    "SeparableConv1D": _separable,
    "SeparableConv2D": _separable,
    "DepthwiseConv1D": _separable,
    "DepthwiseConv2D": _separable,
}
