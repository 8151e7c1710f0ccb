"""How much a layer gives for one sample, before any of it is computed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    import keras

MAX_VALUES = 2**28
"""The most values that a layer may give for one sample: a gigabyte of them."""


def check_output_sizes(model: keras.Model, what: str) -> None:
    """Refuse a model of which a layer gives more than any model needs.

    A few characters of a file make an image a million times as large, without a weight that would
    have to be in the file too.

    Parameters
    ----------
    model : keras.Model
        Built, perhaps without values; nested models count.
    what : str
        What messages call the file.

    Raises
    ------
    ModelFormatError
        It names the layer.

    Notes
    -----
    Sizes that only the input tells count as one.
    """
    from keras import tree

    for layer in model._flatten_layers():
        for node in layer._inbound_nodes:
            for tensor in tree.flatten(node.output_tensors):
                values = math.prod(n for n in tensor.shape[1:] if n is not None)
                if values > MAX_VALUES:
                    raise ModelFormatError(
                        f"{what}: layer {layer.name!r:.80}: expected at most {MAX_VALUES:,} values "
                        f"for one sample, got {values:,} of shape {tuple(tensor.shape)}"
                    )
