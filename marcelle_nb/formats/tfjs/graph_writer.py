"""Models as TensorFlow.js graph models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_document import (
    GraphDocument,
    document_of_file,
    document_of_graph,
)
from marcelle_nb.formats.tfjs.weights_writer import SHARD_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def write_graph_model(
    source: Any,
    folder: Path | str,
    *,
    quantize: str | Mapping[str, Any] | None = None,
    shard_size: int = SHARD_SIZE,
    inputs: Sequence[Any] | None = None,
    output_nodes: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a model so that TensorFlow.js's `loadGraphModel` opens it.

    A model that was read from a TensorFlow.js graph model is written with its nodes, their names,
    its signature and the order of its outputs as they were.

    Parameters
    ----------
    source : keras.Model, LoadedModel, tf.function, ConcreteFunction, callable or (ModelFiles, str)
        The last: the files of a graph model, and the name of its `model.json`.
    folder : path
        It is made; what a model of this format left there is replaced.
    quantize : str or dict, optional
        As for `write_weights`.
    shard_size : int
        The most bytes in one file of weights.
    inputs : sequence of tf.TensorSpec, optional
        What a function takes that has no `input_signature`.
    output_nodes : sequence of str, optional
        Write only what these outputs need, in this order: names of outputs, of a graph model also
        of nodes.
    labels : sequence of str, optional
        Names of the classes, for Marcelle; those that the model tells by default.
    metadata : mapping, optional
        More for Marcelle: JSON.

    Returns
    -------
    list of Path
        `model.json` first.

    Raises
    ------
    ModelFormatError
        If the model needs what TensorFlow.js does not have, or TensorFlow cannot run it.
    ValueError
        If it has no such outputs, or a function's inputs are not known.

    Notes
    -----
    A model with loops, branches or hash tables runs in TensorFlow.js with `executeAsync` alone.

    Thread: any; no other thread may train the model meanwhile.
    """
    origin = source if isinstance(source, tuple) else getattr(source, "source", None)
    if isinstance(origin, tuple) and _is_graph_model(source):
        files, name = origin
        document = document_of_file(files, name, output_nodes)
    else:
        document = _traced(source, inputs, output_nodes)
    if labels is None:
        labels = getattr(source, "labels", None)
    named = getattr(source, "name", None)
    document.describe(named if isinstance(named, str) else None, labels, metadata)
    return document.write(Path(folder), quantize=quantize, shard_size=shard_size)


def _is_graph_model(source: Any) -> bool:
    if isinstance(source, tuple):
        if len(source) == 2 and isinstance(source[0], ModelFiles):
            return True
        raise TypeError(f"model: expected (ModelFiles, name), got {source!r:.100}")
    return getattr(source, "format", None) == "tfjs-graph"


def _traced(
    source: Any, inputs: Sequence[Any] | None, output_nodes: Sequence[str] | None
) -> GraphDocument:
    import tensorflow as tf

    from marcelle_nb.formats.graphs.flat_function import flat_function
    from marcelle_nb.formats.graphs.freeze import freeze
    from marcelle_nb.formats.graphs.inference_graph import inference_graph

    try:
        function = flat_function(source, inputs).only(output_nodes)
        frozen = freeze(function)
        graph = inference_graph(frozen, function)
    except tf.errors.OpError as error:
        raise ModelFormatError(
            f"model: expected one that TensorFlow can freeze, got {error.message[:500]}"
        ) from error
    return document_of_graph(graph, frozen.tables, function)
