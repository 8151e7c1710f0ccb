"""Writes a model in another format: `marcelle_nb.convert`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.conversion_source import ConversionSource
from marcelle_nb.formats.detect import FORMATS, SUFFIXES, detect
from marcelle_nb.formats.load import load, open_files
from marcelle_nb.formats.sidecar import write_sidecar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

TARGETS = ("tfjs", *FORMATS)
"""What `format` takes; `"tfjs"` is layers where that is possible, else a graph."""

TFJS = {"tfjs", "tfjs-layers", "tfjs-graph"}
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

QUANTIZATIONS = {
    **dict.fromkeys(TFJS, ("float16", "uint8", "uint16")),
    "tflite": ("float16", "int8"),
}
"""How small each format can make its weights."""


def convert(  # noqa: PLR0913 - by name, and none of the rare ones has to be given
    source: Any,
    target: str | Path,
    format: str | None = None,
    *,
    quantize: str | None = None,
    shard_size: int | None = None,
    representative: Any = None,
    signature: str | None = None,
    tags: Sequence[str] | None = None,
    input_nodes: Sequence[str] | None = None,
    output_nodes: Sequence[str] | None = None,
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
        A folder for TensorFlow.js and SavedModel, else a file. What is there is replaced once all
        is written.
    format : str, optional
        `"tfjs"`, `"tfjs-layers"`, `"tfjs-graph"`, `"keras"`, `"h5"`, `"saved-model"`,
        `"frozen-graph"`, `"tflite"` or `"onnx"`; by default what the target's name ends in.
    quantize : str, optional
        Store weights in fewer bytes: TensorFlow.js `"float16"`, `"uint8"` or `"uint16"`,
        TensorFlow Lite `"float16"` or `"int8"`.
    shard_size : int, optional
        The most bytes of one file of TensorFlow.js weights; 4 MiB by default.
    representative : array, or sequence or dict of arrays, optional
        For each input, rows as they will come, by which `quantize="int8"` chooses the range of
        every value inside a TensorFlow Lite model; without them only its weights become small.
    signature, tags, input_nodes
        Which part of the source is meant; see `load`.
    output_nodes : sequence of str, optional
        The tensors of a graph to give as outputs, instead of its own.
    trust, sha256, allow_http
        See `load`.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ModelFormatError
        If the format cannot say what the model does; the message tells which can.
    ValueError
        If an option is not one of the format.

    Notes
    -----
    Thread: any. Names of classes, and how pictures become inputs, travel with the model: inside
    TensorFlow.js files, and beside others as `NAME.metadata.json`.
    """
    target = Path(target)
    kind = _checked_format(format, target)
    options = _checked_options(kind, quantize, shard_size, representative)
    if not ConversionSource.accepts(source):
        files = open_files(source, sha256, allow_http=allow_http)
        known, _ = detect(files)
        asked: dict[str, Any] = {"signature": signature, "tags": tags, "input_nodes": input_nodes}
        if known == "frozen-graph":  # the file does not tell its outputs
            asked["output_nodes"], output_nodes = output_nodes, None
        source = load(files, format=known, trust=trust, **asked)
    elif signature is not None or tags is not None or input_nodes is not None:
        raise ValueError("signature, tags, input_nodes: expected with a file as source")
    if output_nodes is not None:
        if kind not in ("tfjs", "tfjs-graph"):
            raise ValueError(f"output_nodes: expected with the format tfjs-graph, got {kind}")
        kind, options["output_nodes"] = "tfjs-graph", list(output_nodes)
    return _write(ConversionSource(source), _place(kind, target), kind, options)


def _checked_format(format: str | None, target: Path) -> str:
    if format is None:
        name = target.name.lower()
        ends = {"tfjs": (".json",), **{key: SUFFIXES[key] for key in FORMATS if key not in TFJS}}
        known = next((known for known, end in ends.items() if name.endswith(end)), None)
    else:
        known = format if format in TARGETS else None
    if known is None:
        got = repr(format) if format else f"none, and none can be told from {target.name!r}"
        raise ValueError(f"format: expected one of {', '.join(TARGETS)}, got {got}")
    return known


def _checked_options(
    format: str,
    quantize: str | None,
    shard_size: int | None,
    representative: Any,
) -> dict[str, Any]:
    """Give the writer's options, as far as they were given."""
    allowed = QUANTIZATIONS.get(format, ())
    if quantize is not None and quantize not in allowed:
        rule = f"one of {', '.join(allowed)}" if allowed else "nothing"
        raise ValueError(f"quantize: expected {rule} for {format}, got {quantize!r}")
    if shard_size is not None and (format not in TFJS or shard_size < 1):
        raise ValueError(
            f"shard_size: expected a number of bytes >= 1 for tfjs, got {shard_size} for {format}"
        )
    if representative is not None and quantize != "int8":
        raise ValueError(f"representative: expected with quantize='int8', got {quantize!r}")
    options = {"quantize": quantize, "shard_size": shard_size, "representative": representative}
    return {key: value for key, value in options.items() if value is not None}


def _place(format: str, target: Path) -> Path:
    """Give the folder or file to write, and make the folder that it lies in."""
    if format in TFJS and target.suffix == ".json":
        if target.name != "model.json":
            raise ValueError(f"target: expected a folder or its model.json, got {str(target)!r}")
        target = target.parent
    is_folder = format in TFJS or format == "saved-model"
    if is_folder and target.is_file():
        raise NotADirectoryError(f"target: expected a folder for {format}, got {str(target)!r}")
    if not is_folder and target.is_dir():
        raise IsADirectoryError(f"target: expected a file for {format}, got {str(target)!r}")
    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    return target


def _write(
    source: ConversionSource, target: Path, kind: str, options: dict[str, Any]
) -> list[Path]:
    if kind == "tfjs":
        return _write_tfjs(source, target, options)
    module, function = _WRITERS[kind]
    writer = getattr(import_module(f"marcelle_nb.formats.{module}"), function)
    model = _layers(source, kind) if kind in LAYERS else source.graph_source
    if kind in TFJS:
        about = {"labels": source.labels, "metadata": source.treatment or None}
        return list(writer(model, target, **options, **about))
    written = list(writer(model, target, **options))
    main = target / "saved_model.pb" if kind == "saved-model" else target
    return written + write_sidecar(main, source.labels, source.treatment)


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
