"""Writing of ONNX files."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.onnx_models.extra import import_extra
from marcelle_nb.formats.replaced_file import replace_file
from marcelle_nb.formats.tflite.source_function import SourceFunction

if TYPE_CHECKING:
    import os

OPSET = 17
"""What every onnxruntime since 1.13 and browsers' runtimes have."""


def write_onnx(source: Any, path: str | os.PathLike[str], *, opset: int = OPSET) -> list[Path]:
    """Write an ONNX file by tf2onnx.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function or an object with `keras_model`
    path : path
        The file, replaced at once when it is complete.
    opset : int
        The version of ONNX's operators.

    Returns
    -------
    list of Path

    Raises
    ------
    ModelFormatError
        If the model needs operations that ONNX does not have, or the extra `onnx` is missing.

    Notes
    -----
    tf2onnx gets a `tf.function`: what it does with a Keras model itself fails on Keras 3.
    Thread: any, one at a time.
    """
    tf2onnx = import_extra("tf2onnx")
    import_extra("tf2onnx.convert")
    function = SourceFunction.of(source)
    call = function.flat()
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # what it logs as errors comes in the exception
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model, _ = tf2onnx.convert.from_function(
                call, input_signature=function.specs, opset=opset
            )
    except Exception as error:  # its failures have no common class
        raise ModelFormatError(
            "onnx: expected a model that tf2onnx converts, got "
            + " ".join(str(error).split())[:300]
        ) from error
    finally:
        logger.setLevel(level)
    _check_converted(model)
    _rename_outputs(model, function.output_names)
    return [replace_file(Path(path), model.SerializeToString())]


def _check_converted(model: Any) -> None:
    """Name the operations that were left as TensorFlow's."""
    onnx = import_extra("onnx")
    left = sorted(
        {node.op_type for node in model.graph.node if not onnx.defs.has(node.op_type, node.domain)}
    )
    if left:
        raise ModelFormatError(
            f"onnx: expected operations that ONNX has, got {', '.join(left[:12])}"
        )


def _rename_outputs(model: Any, names: list[str]) -> None:
    """Give the outputs the source's names instead of those of the graph's last nodes."""
    graph = model.graph
    taken = {value.name for value in graph.input} | {t.name for t in graph.initializer}
    taken |= {name for node in graph.node for name in node.output}
    new = {
        value.name: name
        for value, name in zip(graph.output, names, strict=False)
        if name not in taken
    }
    for value in graph.output:
        value.name = new.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new.get(name, name) for name in node.output]
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else []:
                _rename_uses(inner, new)


def _rename_uses(graph: Any, new: dict[str, str]) -> None:
    """Rename what a loop or branch takes from outside."""
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _rename_uses(attribute.g, new)
