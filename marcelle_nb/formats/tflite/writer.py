"""Writing of TensorFlow Lite files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from marcelle_nb.data.replaced_file import replace_file
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import FILE, description_json
from marcelle_nb.formats.library_messages import without_library_messages
from marcelle_nb.formats.native_messages import native_messages_kept
from marcelle_nb.formats.quiet_warnings import quiet_warnings
from marcelle_nb.formats.tflite.output_order import ordered
from marcelle_nb.formats.tflite.packed_files import with_files
from marcelle_nb.formats.tflite.source_function import SourceFunction

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike

QUANTIZE = (None, "float16", "int8")

MAX_SAMPLES = 500
"""Rows of representative data that are run; the ranges change little after a hundred."""


def write_tflite(
    source: Any,
    path: str | os.PathLike[str],
    *,
    quantize: Literal["float16", "int8"] | None = None,
    representative: ArrayLike | Sequence[ArrayLike] | Mapping[str, ArrayLike] | None = None,
    about: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a TensorFlow Lite file with the signature `"serving_default"`.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function or an object with `keras_model`
    path : path
        The file, replaced at once when it is complete.
    quantize : {"float16", "int8"}, optional
        `"float16"` halves the file and computes in float32. `"int8"` stores the weights of large
        layers in a quarter; with representative data it computes in whole numbers too. Inputs and
        outputs stay as they are.
    representative : array, sequence or dict of arrays, optional
        For each input, rows like those that the model will see, from which the ranges of its
        tensors are measured.
    about : mapping, optional
        What `marcelle_nb.formats.description.description` gave. It is packed behind the model,
        the names of classes also as `labels.txt`, where other programs look for them.

    Returns
    -------
    list of Path

    Raises
    ------
    ModelFormatError
        If the model needs operations that TensorFlow Lite does not have; they are named.

    Notes
    -----
    Where loops over time need it, the first size of the inputs is fixed to 1; `load` then runs
    rows one after another. Thread: any, one at a time.
    """
    if quantize not in QUANTIZE:
        raise ValueError(
            f"quantize: expected one of {QUANTIZE} for TensorFlow Lite, got {quantize!r}"
        )
    if representative is not None and quantize != "int8":
        raise ValueError(f'representative: expected quantize="int8" with it, got {quantize!r}')
    function = SourceFunction.of(source)
    samples = None if representative is None else _samples(function, representative)
    try:
        data = _converted(function, quantize, samples, one_row=False)
    except _NotConverted as first:
        try:
            data = _converted(function, quantize, samples, one_row=True)
        except _NotConverted:
            raise ModelFormatError(str(first)) from first
    return [replace_file(Path(path), with_files(data, _beside(about or {})))]


def _beside(about: Mapping[str, Any]) -> dict[str, bytes]:
    """Give the files to pack behind the model."""
    if not about:
        return {}
    lines = [" ".join(label.split()) for label in about.get("labels", ())]
    named = {"labels.txt": "".join(f"{line}\n" for line in lines).encode()} if lines else {}
    return {**named, FILE: description_json(about)}


class _NotConverted(Exception):
    """The converter failed; the message is for the user."""


def _converted(
    function: SourceFunction,
    quantize: str | None,
    samples: Callable[[], Iterator[Any]] | None,
    *,
    one_row: bool,
) -> bytes:
    import tensorflow as tf

    frozen = function.frozen(one_row=one_row)
    if samples is not None and _has_loops(frozen):
        raise ModelFormatError(
            "representative: expected a model without loops over time, which the converter cannot "
            'measure, got one with them; quantize="int8" without it stores small weights'
        )
    concrete = _named(function, frozen)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module())
    if quantize is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if samples is not None:
        converter.representative_dataset = samples
    # the converter warns of what its own code calls, and tells where it puts temporary files
    try:
        with quiet_warnings(), without_library_messages(), native_messages_kept() as messages:
            data: bytes = converter.convert()
    except Exception as error:  # its failures have no common class
        raise _NotConverted(_reason(f"{error} {messages.text}")) from error
    return ordered(data, [spec.name for spec in function.specs], function.output_names)


def _named(function: SourceFunction, frozen: Any) -> Any:
    """Wrap a frozen function so that its signature names inputs and outputs."""
    import tensorflow as tf

    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=spec.name)
        for tensor, spec in zip(frozen.inputs, function.specs, strict=True)
    ]

    graph = _without_gradients(frozen.graph.as_graph_def())
    places = [tensor.name for tensor in frozen.inputs]

    def serving(*tensors: Any) -> dict[str, Any]:
        results = tf.graph_util.import_graph_def(
            graph,
            dict(zip(places, tensors, strict=True)),
            [tensor.name for tensor in frozen.outputs],
            name="",
        )
        return dict(zip(function.output_names, results, strict=True))

    return tf.function(serving, input_signature=specs, autograph=False).get_concrete_function()


def _without_gradients(graph: Any) -> Any:
    """Leave out what names gradients of one's own: with them the converter loses the signature."""
    for function in (graph, *graph.library.function):
        for node in function.node if function is graph else function.node_def:
            node.attr.pop("_gradient_op_type", None)
    return graph


def _has_loops(frozen: Any) -> bool:
    graph = frozen.graph.as_graph_def()
    nodes = [*graph.node, *(n for function in graph.library.function for n in function.node_def)]
    return any(node.op in {"While", "StatelessWhile", "If", "StatelessIf"} for node in nodes)


def _samples(function: SourceFunction, given: Any) -> Callable[[], Iterator[list[Any]]]:
    """Give what the converter asks for: a function that yields one row after another."""
    names = [spec.name for spec in function.specs]
    if isinstance(given, dict):
        if set(given) != set(names):
            raise ValueError(f"representative: expected arrays for {names}, got {sorted(given)}")
        columns = [given[name] for name in names]
    else:
        columns = list(given) if len(names) > 1 else [given]
    if len(columns) != len(names):
        raise ValueError(f"representative: expected arrays for {names}, got {len(columns)}")
    arrays = [
        np.asarray(column, spec.dtype.as_numpy_dtype)
        for column, spec in zip(columns, function.specs, strict=True)
    ]
    for array, spec in zip(arrays, function.specs, strict=True):
        if not len(array) or not spec.shape.is_compatible_with((1, *array.shape[1:])):
            raise ValueError(
                f"representative: {spec.name}: expected rows of {spec.shape}, got {array.shape}"
            )
    count = min(MAX_SAMPLES, *(len(array) for array in arrays))

    def rows() -> Iterator[list[Any]]:
        for row in range(count):
            yield [array[row : row + 1] for array in arrays]

    return rows


def _reason(text: str) -> str:
    ops = sorted(set(re.findall(r"\btf\.([A-Z]\w+)", text)))
    listed = re.findall(r"(?:Flex|Custom) ops: ([\w, ]+)", text)
    ops = (
        sorted({op.strip().removeprefix("Flex") for line in listed for op in line.split(",")})
        or ops
    )
    if ops:
        return (
            "tflite: expected operations that TensorFlow Lite has, got "
            f"{', '.join(sorted(ops)[:12])}; SavedModel keeps them"
        )
    return "tflite: the converter failed: " + " ".join(text.split())[:300]
