"""Which mask a layer's output carries, in TensorFlow.js and in Keras 3.

A mask is None or a tuple that names it: `("new", layer, call)` where a layer makes one,
`("all", …)` and `("and", …)` where several are joined, `("broken",)` where TensorFlow.js makes one
that no layer can use.
"""

from __future__ import annotations

from typing import Any

Config = dict[str, Any]
Mask = tuple[Any, ...] | None

RECURRENT = frozenset(("SimpleRNN", "GRU", "LSTM", "ConvLSTM2D", "RNN", "Bidirectional"))
USING = RECURRENT | {"Softmax"}
"""What computes other numbers where a step is masked."""

_MERGING = frozenset(("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract"))
PASSING_IN_TFJS = frozenset(
    (
        "Activation",
        "AlphaDropout",
        "BatchNormalization",
        "Dense",
        "Dropout",
        "GaussianDropout",
        "GaussianNoise",
        "LayerNormalization",
        "PReLU",
        "ReLU",
        "SpatialDropout1D",
        "TimeDistributed",
    )
)
"""What lets a mask through in TensorFlow.js; elsewhere it ends."""

_PASSING_IN_KERAS = PASSING_IN_TFJS | {
    "ELU",
    "LeakyReLU",
    "Rescaling",
    "Softmax",
    "ThresholdedReLU",
}


def tfjs_mask(layer: Config, node: int, masks: list[Mask]) -> Mask:
    """Give the mask of a layer's outputs in TensorFlow.js (`computeMask`, 4.22).

    Parameters
    ----------
    layer : dict
        `name`, `class_name` and `config`.
    node : int
        Which call of the layer it is.
    masks : list of tuple or None
        Of its inputs.
    """
    kind = layer["class_name"]
    if kind in PASSING_IN_TFJS:
        return masks[0]
    if kind in _MERGING:  # with a shape that no layer can use
        return ("broken",) if masks[0] else None
    return _mask(layer, node, masks)


def keras_mask(layer: Config, node: int, masks: list[Mask]) -> Mask:
    """Give the mask of a layer's first output in Keras 3.15; parameters as of `tfjs_mask`."""
    kind = layer["class_name"]
    if kind in _PASSING_IN_KERAS:
        return masks[0]
    if kind in _MERGING:
        some = sorted({each for each in masks if each}, key=repr)
        return ("and", *some) if len(some) > 1 else next(iter(some), None)
    return _mask(layer, node, masks)


def _mask(layer: Config, node: int, masks: list[Mask]) -> Mask:
    """Give the mask of a layer that both treat alike, once Concatenate is ours."""
    kind, config = layer["class_name"], layer["config"]
    if kind == "Masking" or (kind == "Embedding" and config.get("mask_zero")):
        return "new", layer["name"], node
    if kind == "Concatenate":
        return ("all", *masks) if any(masks) else None
    if kind == "Bidirectional":
        config = config["layer"]["config"]
    return masks[0] if kind in RECURRENT and config.get("return_sequences") else None
