"""Keras models in files that hold all of them: architecture, weights, training, optimizer state."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import UnsupportedByModel
from marcelle_nb.formats.conversion_target import byte_count
from marcelle_nb.formats.description import description
from marcelle_nb.formats.load import load

if TYPE_CHECKING:
    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.models.keras_network import KerasNetwork

_ENDINGS = {
    ".keras": "keras",
    ".h5": "h5",
    ".hdf5": "h5",
    ".json": "tfjs-layers",
    "": "tfjs-layers",
}
_NAMES = {"tfjs": "tfjs-layers"}
_PREDICTS_ONLY = {
    ".tflite": "tflite",
    ".onnx": "onnx",
    ".pb": "frozen-graph",
    "tfjs-graph": "tfjs-graph",
    "tflite": "tflite",
    "onnx": "onnx",
    "saved-model": "saved-model",
    "frozen-graph": "frozen-graph",
}

_FILES = {*_ENDINGS, *_PREDICTS_ONLY, ".lite", ".zip"}


def names_file(given: Any) -> bool:
    """Tell what `save` and `load` are given: a file, or the name of a model in a store.

    A file is any path object, and a text with a `/` (or what parts folders on this system) in it or
    with the ending of a model's file.
    """
    if isinstance(given, str):
        is_path = "/" in given or os.sep in given
        return is_path or any(given.lower().endswith(end) for end in _FILES if end[:1] == ".")
    return isinstance(given, os.PathLike)


def is_there(name: str) -> bool:
    """Tell whether a text is the path of something that there is."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # longer than any path, or with a character that none has
        return False


def write_network(
    network: KerasNetwork, path: str | os.PathLike[str], format: str | None, options: dict[str, Any]
) -> list[Path]:
    """Save a network; see `KerasModel.save`."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path: expected one to save at, got {path!r:.80}")
    target = Path(path)
    kind = format_of(target, format)
    if kind == "tfjs-layers":
        return _write_folder(network, target, options)
    if options:
        raise ValueError(f"{', '.join(options)}: expected with format='tfjs-layers', got {kind}")
    if kind == "keras":
        from marcelle_nb.formats.keras_models.keras_file import save_keras as write
    else:
        from marcelle_nb.formats.keras_models.h5_file import save_h5 as write
    return write(network.model, target, description(network.labels, network.metadata))


def _write_folder(network: KerasNetwork, path: Path, options: dict[str, Any]) -> list[Path]:
    from marcelle_nb.formats.tfjs.layers_writer import write_layers_model

    if path.suffix == ".json":
        if path.name != "model.json":
            raise ValueError(f"path: expected a folder, or model.json in one, got {path.name!r}")
        path = path.parent
    if "shard_size" in options:
        options = {**options, "shard_size": byte_count(options["shard_size"])}
    return write_layers_model(
        network.model, path, labels=network.labels, metadata=network.metadata, **options
    )


def format_of(path: Path, format: str | None) -> str:
    """Give the format to save in: the one named, else the one that the path's ending means.

    Raises
    ------
    UnsupportedByModel
        If a file of that format only predicts.
    ValueError
        If there is no such format.
    """
    if format is None:
        kind = _ENDINGS.get(path.suffix.lower())
    else:
        kind = _NAMES.get(format, format if format in _ENDINGS.values() else None)
    if kind is not None:
        return kind
    only_predicts = _PREDICTS_ONLY.get(format or path.suffix.lower())
    if only_predicts is not None:
        raise UnsupportedByModel(
            f"{only_predicts}: expected a format that can be trained on, got one that holds "
            f"inference only; mnb.convert(model, {str(path)!r}, format={only_predicts!r}) writes it"
        )
    raise ValueError(
        "format: expected .keras, .h5, or a folder for TensorFlow.js, got "
        f"{format or path.suffix!r}"
    )


def read_network(source: Any, **options: Any) -> LoadedModel:
    """Load a file that holds a Keras model; with the options of `marcelle_nb.load`.

    Raises
    ------
    UnsupportedByModel
        If it holds a graph, which cannot be trained.
    """
    return with_layers(load(source, **options))


def with_layers(loaded: LoadedModel) -> LoadedModel:
    """Give a loaded model back that is a Keras model; see `read_network`."""
    if loaded.keras_model is None:
        raise UnsupportedByModel(
            f"{loaded.format}: expected a file with a Keras model, got one that holds inference "
            "only; tf_generic_model() predicts with it"
        )
    return loaded
