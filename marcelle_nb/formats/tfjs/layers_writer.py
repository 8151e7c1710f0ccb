"""Keras models as TensorFlow.js layers models."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb._version import __version__
from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.to_tfjs import to_tfjs
from marcelle_nb.formats.replaced_folder import replaced_folder
from marcelle_nb.formats.tfjs.training_writer import optimizer_state, training_config
from marcelle_nb.formats.tfjs.weights_writer import SHARD_SIZE, write_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

logger = logging.getLogger("marcelle_nb")


def write_layers_model(
    model: keras.Model,
    folder: Path | str,
    *,
    quantize: str | Mapping[str, Any] | None = None,
    shard_size: int = SHARD_SIZE,
    optimizer: bool = True,
    labels: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a Keras model so that TensorFlow.js's `loadLayersModel` and Marcelle open it.

    Parameters
    ----------
    model : keras.Model
        A built Sequential, or a functional model.
    folder : path
        It is made; what a model of this format left there is replaced.
    quantize : str or dict, optional
        As for `write_weights`.
    shard_size : int
        The most bytes in one file of weights.
    optimizer : bool
        Whether to write how the model was compiled, and the state of its optimizer, so that
        TensorFlow.js can train on. What TensorFlow.js has no word for is left out, with a warning
        in the log.
    labels : sequence of str, optional
        Names of the classes, for Marcelle.
    metadata : mapping, optional
        More for Marcelle: JSON.

    Returns
    -------
    list of Path
        `model.json` first.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js lacks a layer, or would compute other numbers with it: the message names
        the layer, and advises `format='tfjs-graph'`.
    ValueError
        If `quantize`, `shard_size` or `metadata` are not as above.

    Notes
    -----
    Thread: any; no other thread may train the model meanwhile.
    """
    folder = Path(folder)
    topology = to_tfjs(model)
    weights: list[Any] = [(name, variable.numpy()) for name, variable in topology.weights]
    training = _training(model) if optimizer else None
    if training is not None:
        weights += optimizer_state(model, topology.weights)
    document: dict[str, Any] = {
        "format": "layers-model",
        "generatedBy": f"keras v{_keras_version()}",
        "convertedBy": f"marcelle-nb v{__version__}",
        # who gives the names their meaning: not the Keras that trained the model
        "modelTopology": {
            **topology.config,
            "keras_version": "tfjs-layers 4.22.0",
            "backend": "tensor_flow.js",
        },
        "trainingConfig": training,
        "marcelle": _marcelle(model.name, labels, metadata),
    }
    if training is None:
        del document["trainingConfig"]
    with replaced_folder(folder, last="model.json", stale=("group*-shard*of*.bin",)) as new:
        manifest = write_weights(new, [weights], shard_size=shard_size, quantize=quantize)
        document["weightsManifest"] = manifest
        (new / "model.json").write_text(_text(document), encoding="utf-8")
    paths = [path for group in manifest for path in group["paths"]]
    return [folder / "model.json", *(folder / path for path in paths)]


def _training(model: keras.Model) -> dict[str, Any] | None:
    try:
        return training_config(model)
    except ModelFormatError as error:
        logger.warning("The LayersModel is written without how it was trained: %s", error)
        return None


def _marcelle(
    name: str, labels: Sequence[str] | None, metadata: Mapping[str, Any] | None
) -> dict[str, Any]:
    told = {"name": name, **(metadata or {})}
    if labels is not None:
        told["labels"] = [str(label) for label in labels]
    return {**told, "type": "tfjs-model", "tfjsModelFormat": "layers-model"}


def _text(document: dict[str, Any]) -> str:
    try:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"model.json: expected what JSON can say, got {error}") from error


def _keras_version() -> str:
    import keras

    return str(keras.__version__)
