"""Writes a model in another format: `marcelle_nb.convert`."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.conversion_source import ConversionSource, refuse_other_models
from marcelle_nb.formats.conversion_target import TFJS, target_format, target_options, target_place
from marcelle_nb.formats.description import description
from marcelle_nb.formats.detect import detect
from marcelle_nb.formats.library_messages import without_library_messages
from marcelle_nb.formats.load import load, open_files
from marcelle_nb.formats.native_messages import native_messages_kept
from marcelle_nb.formats.representative import check_samples
from marcelle_nb.formats.sidecar import write_sidecar
from marcelle_nb.formats.source_options import (
    check_filled,
    check_source_options,
    source_options,
    told_format,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

LAYERS = {"tfjs-layers", "keras", "h5"}
"""The formats that hold layers, which a graph does not have any more."""

_WRITERS = {
    "tfjs-layers": ("tfjs.layers_writer", "write_layers_model"),
    "tfjs-graph": ("tfjs.graph_writer", "write_graph_model"),
    "keras": ("keras_models.keras_file", "save_keras"),
    "h5": ("keras_models.h5_file", "save_h5"),
    "saved-model": ("graphs.saved_model", "write_saved_model"),
    "frozen-graph": ("graphs.frozen_graph", "write_frozen_graph"),
    "tflite": ("tflite.writer", "write_tflite"),
    "onnx": ("onnx_models.writer", "write_onnx"),
}


def convert(  # noqa: PLR0913 - by name, and none of the rare ones has to be given
    source: Any,
    target: str | Path,
    format: str | None = None,
    *,
    quantize: str | None = None,
    shard_size: int | str | None = None,
    representative: Any = None,
    signature: str | None = None,
    tags: Sequence[str] | str | None = None,
    input_nodes: Sequence[str] | str | None = None,
    output_nodes: Sequence[str] | str | None = None,
    trust: bool = False,
    sha256: str | Mapping[str, str] | None = None,
    allow_http: bool = False,
) -> list[Path]:
    """Write a model in another format.

    Parameters
    ----------
    source : path, address, files, LoadedModel, Keras model, Marcelle model or `tf.function`
        Whatever `load` takes, or a model that is here already.
    target : path
        A folder for TensorFlow.js and SavedModel, or the `model.json` or `saved_model.pb` in it;
        else a file. What is there is replaced once all is written.
    format : str, optional
        `"tfjs"`, `"tfjs-layers"`, `"tfjs-graph"`, `"keras"`, `"h5"`, `"saved-model"`,
        `"frozen-graph"`, `"tflite"` or `"onnx"`; by default what the target's name ends in.
    quantize : str, optional
        Store weights in fewer bytes: TensorFlow.js `"float16"`, `"uint8"` or `"uint16"`,
        TensorFlow Lite `"float16"` or `"int8"`.
    shard_size : int or str, optional
        The most bytes of one file of TensorFlow.js weights, as 500_000 or "4MB" (of 1,024 × 1,024
        bytes each); 4 MiB by default.
    representative : array, or sequence or dict of arrays, optional
        For each input, rows as they will come, by which `quantize="int8"` chooses the range of
        every value inside a TensorFlow Lite model; without them only its weights become small. A
        sequence has the order of the inputs, a dict their names as the written file has them:
        with `_` for all that is no letter, digit or `_`. They are inputs of the model, and not
        pictures: numbers beyond the range that the model's file tells of are refused.
    signature, tags, input_nodes
        Which part of the source is meant, where it is a file of a format that has such parts; see
        `load`.
    output_nodes : sequence of str, optional
        Which tensors the written model gives, by the names of outputs or, of frozen graphs and
        TensorFlow.js graphs, of nodes inside, as one in front of the last layer. Of a frozen graph
        for every target, of other sources for `"tfjs-graph"`, which `"tfjs"` means then.
    trust, sha256, allow_http
        See `load`.

    Returns
    -------
    list of Path
        The files that were written.

    Warns
    -----
    UserWarning
        As `load`.

    Raises
    ------
    ModelFormatError
        If the source is no model that can be read, or the format cannot say what the model does;
        the message tells which can. Also if packages of an extra are missing that it needs.
    UnsafeModel
        If a file could run code or touch others, where `trust` would help; or if a Keras model
        holds what nobody could load again.
    DownloadRefused
        If the source cannot be fetched, or its checksum differs.
    ValueError
        If there is no such format, an option is not one of the source's or of the target's, the
        target's name means another format, or there is nothing in a Marcelle model yet. What can
        be told without the source is, before it is opened or fetched.
    TypeError
        If an argument is of another type, as a source that is neither model nor file.
    OSError
        If there is nothing at a path, or the target cannot be written: it is a file where a folder
        is needed, or a folder where a file is, or not writable.

    Notes
    -----
    Thread: any; no other thread may train the model meanwhile. Until all is written, what was at
    the target stays; after an error or an interruption, too.

    Names of classes, how pictures become inputs, the version of the image features that were
    learned from, and whether the model is a classification or a regression travel inside the file;
    only a frozen graph has no room for them, and gets a file beside it, `NAME.pb.metadata.json`.
    `load` reads them again.

    What TensorFlow and Keras log meanwhile in this thread is dropped, up to warnings, and what
    TensorFlow's native code writes to the standard error in whichever thread, unless the
    environment says `TF_CPP_MIN_LOG_LEVEL=0`. One conversion runs at a time; others wait.
    """
    if not os.fspath(target):  # it would be the folder that Python was started in
        raise ValueError("target: expected a path, got ''")
    target = Path(target)
    kind = target_format(format, target)
    options = target_options(
        kind, quantize=quantize, shard_size=shard_size, representative=representative
    )
    chosen = source_options(
        signature=signature, tags=tags, input_nodes=input_nodes, output_nodes=output_nodes
    )
    place = target_place(kind, target)
    is_here = ConversionSource.accepts(source)
    known = None if is_here else told_format(source)
    if is_here:
        _check_here(chosen, sha256)
    if not is_here:
        refuse_other_models(source)
    if is_here or known is not None:
        chosen, options = _divided(chosen, options, known, kind)
    with without_library_messages():
        # a download may take long, and others wait for what keeps native messages
        files = None if is_here else open_files(source, sha256, allow_http=allow_http)
        with native_messages_kept(others=False):
            if files is not None:
                known, _ = detect(files)
                chosen, options = _divided(chosen, options, known, kind)
                source = load(files, format=known, trust=trust, **chosen)
            return _write(ConversionSource(source), place, kind, options)


def _check_here(chosen: Mapping[str, Any], sha256: object) -> None:
    """Refuse what says which file is meant, and what of it, where there is none."""
    if {"signature", "tags", "input_nodes"} & set(chosen):
        raise ValueError("signature, tags, input_nodes: expected with a file as source")
    if sha256 is not None:
        raise ValueError("sha256: expected with a file as source, got a model")


def _divided(
    chosen: Mapping[str, Any], options: Mapping[str, Any], source: str | None, target: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the options of the source, and those of the writer with the outputs if it takes them.

    A frozen graph does not tell its outputs, so they are said when it is read.
    """
    chosen, options = dict(chosen), dict(options)
    if source != "frozen-graph" and "output_nodes" in chosen:
        if target not in ("tfjs", "tfjs-graph"):
            raise ValueError(f"output_nodes: expected with the format tfjs-graph, got {target}")
        check_filled(chosen)
        options["output_nodes"] = chosen.pop("output_nodes")
    if source is not None:
        check_source_options(source, chosen)
    return chosen, options


def _write(
    source: ConversionSource, target: Path, kind: str, options: dict[str, Any]
) -> list[Path]:
    if kind == "tfjs" and "output_nodes" not in options:
        return _write_tfjs(source, target, options)
    kind = "tfjs-graph" if kind == "tfjs" else kind
    module, function = _WRITERS[kind]
    writer = getattr(import_module(f"marcelle_nb.formats.{module}"), function)
    model = _layers(source, kind) if kind in LAYERS else source.graph_source
    labels = source.labels(options.get("output_nodes"))
    told = source.told
    if kind in TFJS:
        return list(writer(model, target, **options, labels=labels, metadata=told or None))
    if "representative" in options:
        check_samples(options["representative"], told.get("input_range"))
    about = description(labels, told)
    if kind == "frozen-graph":
        return [*writer(model, target, **options), *write_sidecar(target, about)]
    return list(writer(model, target, **options, about=about))


def _write_tfjs(source: ConversionSource, target: Path, options: dict[str, Any]) -> list[Path]:
    """Write layers, or a graph for what TensorFlow.js's layers cannot say."""
    if source.keras_model is not None:
        try:
            return _write(source, target, "tfjs-layers", options)
        except ModelFormatError as error:
            reason = error
        try:
            return _write(source, target, "tfjs-graph", options)
        except ModelFormatError as error:
            raise ModelFormatError(f"{reason}; and as a graph: {error}") from error
    return _write(source, target, "tfjs-graph", options)


def _layers(source: ConversionSource, format: str) -> keras.Model:
    model = source.keras_model
    if model is None:
        raise ModelFormatError(
            f"{source.name}: expected a model of layers for {format}, got a graph of operations, "
            "from which no layers can be told; tfjs-graph, saved-model, frozen-graph, tflite and "
            "onnx hold graphs"
        )
    return model
