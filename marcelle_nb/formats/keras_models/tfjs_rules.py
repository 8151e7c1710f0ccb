"""Which settings of which layers mean the same in Keras and TensorFlow.js."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Rule:
    """How a class of layers is written.

    Attributes
    ----------
    kept : str
        Keys that mean the same in both.
    only : mapping
        Keys that TensorFlow.js has no word for, or does not heed, with the values at which it
        computes the same.
    renamed : mapping of str to str
    dropped : str
        Keys that change no number.
    """

    kept: str = ""
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    dropped: str = ""


def _parts(*weights: str) -> str:
    kinds = ("initializer", "regularizer", "constraint")
    return " ".join(f"{weight}_{kind}" for weight in weights for kind in kinds)


_ONES = (1, [1], [1, 1], [1, 1, 1])
_LAST = {"data_format": ("channels_last",)}
_WINDOW = "kernel_size strides padding"
_CONV = f"filters {_WINDOW} activation use_bias {_parts('bias')}"
_POOL = "pool_size strides padding"
_ADAPTED = {"lora_rank": (None,), "quantization_config": (None,)}
_UNADAPTED = "lora_alpha"

CELL = f"use_bias dropout recurrent_dropout activation {_parts('kernel', 'recurrent', 'bias')}"
GATES = f"{CELL} recurrent_activation"
RNN = "return_sequences return_state go_backwards stateful unroll"
UNRECORDED = "seed implementation use_cudnn zero_output_for_mask"
"""Of recurrent layers: how they are computed, and what concerns masks, which are checked apart."""

RULES: dict[str, Rule] = {
    "Activation": Rule("activation"),
    "Add": Rule(),
    "AlphaDropout": Rule("rate", {"noise_shape": (None,)}, dropped="seed"),
    "Average": Rule(),
    "AveragePooling1D": Rule(_POOL, _LAST),
    "AveragePooling2D": Rule(f"{_POOL} data_format"),
    "AveragePooling3D": Rule(f"{_POOL} data_format"),
    "BatchNormalization": Rule(
        "axis momentum epsilon center scale moving_mean_initializer moving_variance_initializer "
        + _parts("beta", "gamma"),
        {"synchronized": (False,), "renorm": (False,)},
        dropped="renorm_clipping renorm_momentum",
    ),
    "CategoryEncoding": Rule("num_tokens output_mode", {"sparse": (False,)}),
    "Concatenate": Rule("axis"),
    "Conv1D": Rule(f"{_CONV} dilation_rate {_parts('kernel')}", {**_LAST, "groups": (1,)}),
    "Conv2D": Rule(f"{_CONV} data_format dilation_rate {_parts('kernel')}", {"groups": (1,)}),
    "Conv3D": Rule(f"{_CONV} data_format dilation_rate {_parts('kernel')}", {"groups": (1,)}),
    "Conv2DTranspose": Rule(
        f"{_CONV} data_format {_parts('kernel')}",
        {"dilation_rate": _ONES, "output_padding": (None,)},
    ),
    "Conv3DTranspose": Rule(
        f"{_CONV} data_format {_parts('kernel')}",
        {"dilation_rate": _ONES, "output_padding": (None,)},
    ),
    "ConvLSTM2D": Rule(
        f"filters {_WINDOW} data_format dilation_rate unit_forget_bias {GATES} {RNN}",
        dropped=UNRECORDED,
    ),
    "Cropping2D": Rule("cropping data_format"),
    "Dense": Rule(
        f"units activation use_bias {_parts('kernel', 'bias')}", _ADAPTED, dropped=_UNADAPTED
    ),
    "DepthwiseConv2D": Rule(
        f"{_WINDOW} data_format depth_multiplier activation use_bias {_parts('depthwise', 'bias')}",
        {"dilation_rate": _ONES},
    ),
    "Dot": Rule("axes normalize"),
    "Dropout": Rule("rate seed noise_shape"),
    "ELU": Rule("alpha", {"alpha": (1,)}),
    "Embedding": Rule(
        f"input_dim output_dim mask_zero {_parts('embeddings')}", _ADAPTED, dropped=_UNADAPTED
    ),
    "Flatten": Rule("data_format"),
    "GRU": Rule(f"units reset_after {GATES} {RNN}", {"reset_after": (False,)}, dropped=UNRECORDED),
    "GRUCell": Rule(f"units reset_after {GATES}", {"reset_after": (False,)}, dropped=UNRECORDED),
    "GaussianDropout": Rule("rate", dropped="seed"),
    "GaussianNoise": Rule("stddev", dropped="seed"),
    "GlobalAveragePooling1D": Rule(only=_LAST, dropped="keepdims"),
    "GlobalAveragePooling2D": Rule("data_format", dropped="keepdims"),
    "GlobalMaxPooling1D": Rule(only=_LAST, dropped="keepdims"),
    "GlobalMaxPooling2D": Rule("data_format", dropped="keepdims"),
    "Identity": Rule(),
    "LSTM": Rule(f"units unit_forget_bias {GATES} {RNN}", dropped=UNRECORDED),
    "LSTMCell": Rule(f"units unit_forget_bias {GATES}", dropped=UNRECORDED),
    "LayerNormalization": Rule(
        "axis epsilon center scale beta_initializer beta_regularizer gamma_initializer "
        "gamma_regularizer",
        {"beta_constraint": (None,), "gamma_constraint": (None,), "rms_scaling": (False,)},
    ),
    "LeakyReLU": Rule(renamed={"negative_slope": "alpha"}),
    "Masking": Rule("mask_value"),
    "MaxPooling1D": Rule(_POOL, _LAST),
    "MaxPooling2D": Rule(f"{_POOL} data_format"),
    "MaxPooling3D": Rule(f"{_POOL} data_format"),
    "Maximum": Rule(),
    "Minimum": Rule(),
    "Multiply": Rule(),
    "PReLU": Rule(f"shared_axes {_parts('alpha')}"),
    "Permute": Rule("dims"),
    "ReLU": Rule("max_value", {"negative_slope": (0,), "threshold": (0,)}),
    "RepeatVector": Rule("n"),
    "Rescaling": Rule("scale offset"),
    "Reshape": Rule("target_shape"),
    "SeparableConv2D": Rule(
        f"{_CONV} data_format dilation_rate depth_multiplier {_parts('depthwise', 'pointwise')}"
    ),
    "SimpleRNN": Rule(f"units {CELL} {RNN}", dropped=UNRECORDED),
    "SimpleRNNCell": Rule(f"units {CELL}", dropped=UNRECORDED),
    "Softmax": Rule("axis"),
    "SpatialDropout1D": Rule("rate seed"),
    "ThresholdedReLU": Rule("theta"),
    "UpSampling2D": Rule("size data_format interpolation"),
    "ZeroPadding2D": Rule("padding data_format"),
}
