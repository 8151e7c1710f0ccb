"""Where TensorFlow.js computes other numbers than Keras from the same configuration, or fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.keras_models.tfjs_disagreements import adds_bias_to_columns
from marcelle_nb.formats.keras_models.tfjs_parts import unsayable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras

Config = dict[str, Any]
Shape = tuple[int | None, ...]

_ACROSS_CHANNELS = frozenset(("softmax", "log_softmax"))


@dataclass(frozen=True)
class LayerCase:
    """A layer where it stands in a model.

    Attributes
    ----------
    layer : keras.layers.Layer
    config : dict
        Translated for TensorFlow.js.
    shapes : sequence of shapes
        Of its inputs, batch first.
    what : str
        What messages call the layer.
    """

    layer: keras.layers.Layer
    config: Config
    shapes: Sequence[Shape]
    what: str


def check_layer(name: str, case: LayerCase) -> None:
    """Refuse what goes wrong in TensorFlow.js, and rewrite what it reads differently.

    Parameters
    ----------
    name : str
        The class.
    case : LayerCase
        Its `config` is changed where another wording gives Keras's numbers.

    Raises
    ------
    ModelFormatError
        If no wording does.
    """
    if case.config.get("padding") == "causal":
        raise unsayable(case.what, "padding 'valid' or 'same'", "causal")
    check = _CHECKS.get(name)
    if check:
        check(case)
    if adds_bias_to_columns(case.layer):
        raise unsayable(
            case.what, "a bias for each channel", "one for each column, as Keras adds it"
        )


def _at_most_four_axes(case: LayerCase) -> None:
    if not 2 <= len(case.shapes[0]) <= 4:
        raise unsayable(case.what, "an input of 2 to 4 axes", len(case.shapes[0]))


def _batch_normalization(case: LayerCase) -> None:
    _at_most_four_axes(case)
    axis, shape = case.config["axis"], case.shapes[0]
    # on a CPU, TensorFlow.js goes round the weights as if they were of the last axis
    if not isinstance(axis, int) or any(n != 1 for n in shape[axis % len(shape) + 1 :]):
        raise unsayable(case.what, "axis=-1", axis)


def _softmax(case: LayerCase) -> None:
    axis, rank = case.config["axis"], len(case.shapes[0])
    axes = axis if isinstance(axis, list) else [axis]
    if len(axes) == 1 and axes[0] % rank != rank - 1:
        raise unsayable(case.what, "axis=-1", axis)


def _concatenate(case: LayerCase) -> None:
    # every negative axis is the last one to TensorFlow.js
    case.config["axis"] %= len(case.shapes[0])


def _dot(case: LayerCase) -> None:
    ranks = [len(shape) for shape in case.shapes]
    if max(ranks) > 3:
        raise unsayable(case.what, "inputs of 2 or 3 axes", f"{max(ranks)} axes")
    axes = (
        case.config["axes"] if isinstance(case.config["axes"], list) else [case.config["axes"]] * 2
    )
    case.config["axes"] = [axis % rank for axis, rank in zip(axes, ranks, strict=True)]


def _flatten(case: LayerCase) -> None:
    if None in case.shapes[0][1:]:
        raise unsayable(case.what, "an input of known size", case.shapes[0])
    if case.config.get("data_format") != "channels_first":
        case.config.pop("data_format", None)


def _separable(case: LayerCase) -> None:
    # TensorFlow.js adds the bias along another axis than the channels
    first = case.config["data_format"] == "channels_first"
    if first and (case.config["use_bias"] or case.config["activation"] in _ACROSS_CHANNELS):
        raise unsayable(case.what, "data_format='channels_last'", case.config["data_format"])


def _up_sampling(case: LayerCase) -> None:
    from marcelle_nb.formats.keras_models.legacy_layers import UpSampling2D

    allowed = {"bilinear"} if isinstance(case.layer, UpSampling2D) else {"nearest"}
    if case.config["interpolation"] not in allowed:
        raise unsayable(case.what, "interpolation='nearest'", case.config["interpolation"])


def _category_encoding(case: LayerCase) -> None:
    if case.config["output_mode"] not in {"multi_hot", "count"}:
        raise unsayable(case.what, "output_mode='multi_hot' or 'count'", case.config["output_mode"])
    # TensorFlow.js gives the layer's input the shape of its output
    if len(case.shapes[0]) != 2 or case.shapes[0][-1] != case.config["num_tokens"]:
        raise unsayable(
            case.what, f"an input of {case.config['num_tokens']} columns", case.shapes[0]
        )


def _conv_lstm(case: LayerCase) -> None:
    if case.config["stateful"]:
        raise unsayable(case.what, "stateful=False", True)


def _prelu(case: LayerCase) -> None:
    case.config["shared_axes"] = case.config["shared_axes"] or None


_CHECKS: dict[str, Callable[[LayerCase], None]] = {
    "BatchNormalization": _batch_normalization,
    "CategoryEncoding": _category_encoding,
    "Concatenate": _concatenate,
    "ConvLSTM2D": _conv_lstm,
    "Dot": _dot,
    "Flatten": _flatten,
    "LayerNormalization": _at_most_four_axes,
    "PReLU": _prelu,
    "SeparableConv2D": _separable,
    "Softmax": _softmax,
    "UpSampling2D": _up_sampling,
}
