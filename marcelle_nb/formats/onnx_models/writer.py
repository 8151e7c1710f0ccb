"""Writing of ONNX files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.replaced_file import replace_file
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import KEY, description_json
from marcelle_nb.formats.library_messages import without_library_messages
from marcelle_nb.formats.onnx_models.extra import import_extra
from marcelle_nb.formats.onnx_models.made_operators import made_operators
from marcelle_nb.formats.quiet_warnings import quiet_warnings
from marcelle_nb.formats.tflite.source_function import SourceFunction

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

OPSET = 17
"""What every onnxruntime since 1.13 and browsers' runtimes have."""


def write_onnx(
    source: Any,
    path: str | os.PathLike[str],
    *,
    opset: int = OPSET,
    about: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write an ONNX file by tf2onnx.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function or an object with `keras_model`
    path : path
        The file, replaced at once when it is complete.
    opset : int
        The version of ONNX's operators.
    about : mapping, optional
        What `marcelle_nb.formats.description.description` gave, among the file's metadata.

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
    call = _frozen(function)
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # what it logs as errors comes in the exception
    try:
        with quiet_warnings(), without_library_messages():
            model, _ = tf2onnx.convert.from_function(
                call,
                input_signature=function.specs,
                opset=opset,
                custom_op_handlers=made_operators(),
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
    if about:
        model.metadata_props.add(key=KEY, value=description_json(about).decode())
    return [replace_file(Path(path), model.SerializeToString())]


def _frozen(function: SourceFunction) -> Any:
    """Give a function that captures nothing: tf2onnx takes captured constants for inputs."""
    import tensorflow as tf

    frozen = function.frozen()
    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=spec.name)
        for tensor, spec in zip(frozen.inputs, function.specs, strict=True)
    ]

    def listed(*tensors: Any) -> list[Any]:
        return list(tf.nest.flatten(frozen(*tensors)))

    return tf.function(listed, input_signature=specs, autograph=False)


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
