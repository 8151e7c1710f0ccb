"""The order of inputs and outputs in a written TensorFlow Lite file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.flat_buffer import FlatBuffer
from marcelle_nb.formats.tflite.schema import model_schema

if TYPE_CHECKING:
    from collections.abc import Sequence


def ordered(data: bytes, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """Put a subgraph's inputs and outputs in the order of these names of its only signature.

    The converter sorts them by name.

    Raises
    ------
    ModelFormatError
        If there is no signature, which the converter adds last.
    """
    written = np.frombuffer(data, np.uint8)
    result = written.copy()
    model = FlatBuffer(data, model_schema(), "tflite").root("Model")
    if not model["signature_defs"]:
        raise ModelFormatError(
            "tflite: expected a whole file of the converter, got one without the names of inputs "
            "and outputs; is the disk for temporary files full?"
        )
    signature = model["signature_defs"][0]
    subgraph = model["subgraphs"][signature["subgraph_index"]]
    for side, names in (("inputs", inputs), ("outputs", outputs)):
        numbers = {entry["name"]: entry["tensor_index"] for entry in signature[side]}
        vector = subgraph[side]
        wanted = np.array([numbers[name] for name in names if name in numbers], "<i4")
        if sorted(wanted) == sorted(vector):
            start = vector.ctypes.data - written.ctypes.data
            result[start : start + wanted.nbytes] = wanted.view(np.uint8)
    return result.tobytes()
