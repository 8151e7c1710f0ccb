"""Networks of TensorFlow and of files as web pages run them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.convert import convert
from marcelle_nb.formats.detect import TFJS
from marcelle_nb.models.web_model import MAIN, WebModel, image_input, vector_input

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.models.keras_network import KerasNetwork
    from marcelle_nb.models.opened_model import OpenedModel


def web_keras_model(network: KerasNetwork) -> WebModel:
    """Say a Keras network as it is between two steps of a training, without its optimizer.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js can say it neither in layers nor as a graph.
    """
    labels, meaning = network.labels or [], network._scores.meaning
    about = {
        "task": "regression" if network.is_regression else "classification",
        "labels": list(labels),
        "answers": meaning,
        "input": _keras_input(network),
    }
    with network.turns:
        return WebModel.of_files(_keras_files(network), about)


def _keras_files(network: KerasNetwork) -> dict[str, bytes]:
    from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
    from marcelle_nb.formats.tfjs.layers_writer import write_layers_model

    told: dict[str, Any] = {"labels": network.labels, "metadata": network.metadata}
    with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
        target = Path(folder) / "model"
        try:
            return _read(write_layers_model(network.model, target, optimizer=False, **told))
        except ModelFormatError as error:
            reason = error
        try:
            return _read(write_graph_model(network.model, target, **told))
        except ModelFormatError as error:
            raise ModelFormatError(f"{reason}; and as a graph: {error}") from error


def _keras_input(network: KerasNetwork) -> dict[str, Any]:
    shape, layout = network.shape, network.inputs.layout
    if len(shape) == 1:
        return vector_input(shape[0], network.features)
    if len(shape) != 3 or shape[2] not in (1, 3):
        return {"kind": "other", "shape": list(shape)}
    return image_input(
        shape[:2],
        network.inputs.input_range,
        channels=1 if len(layout) == 3 and layout[-1] == 1 else 3,
        crop="center",  # as the camera, whose pictures it learned from, cuts them
        is_flat=len(layout) == 1,
        dtype=str(network.inputs.dtype),
    )


def web_opened_model(opened: OpenedModel) -> WebModel:
    """Say a model from a file: with the file's own numbers where it is one of TensorFlow.js.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js cannot say it.
    UnsupportedByModel
        If nobody knows its files.
    """
    about = {
        "task": opened.task_type,
        "labels": list(opened.labels),
        "answers": "numbers",
        "input": _opened_input(opened),
    }
    if opened.contents is not None and opened.contents.format == TFJS:
        return WebModel.of_files(dict(opened.contents.files), about)
    with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
        return WebModel.of_files(_read(convert(opened.model, Path(folder) / "model", TFJS)), about)


def _opened_input(opened: OpenedModel) -> dict[str, Any]:
    used = opened.treatment
    if used is not None:
        return image_input(
            (used.height, used.width),
            used.input_range,
            channels=used.channels,
            crop=used.crop,
            channels_first=used.channels_first,
            batched=used.batched,
            dtype=used.dtype,
        )
    shape = opened.model.inputs[0].shape if len(opened.model.inputs) == 1 else None
    if shape is not None and len(shape) == 2 and shape[0] is None:
        return vector_input(shape[1], opened.model.metadata.get("features"))
    return {"kind": "other", "shape": None if shape is None else list(shape)}


def web_graph(function: Any, about: Mapping[str, Any], *, quantize: str | None = None) -> WebModel:
    """Say a `tf.function` with an input signature; `quantize` is as for `write_graph_model`.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js cannot say it.
    """
    from marcelle_nb.formats.tfjs.graph_writer import write_graph_model

    with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
        paths = write_graph_model(function, Path(folder) / "model", quantize=quantize)
        return WebModel.of_files(_read(paths), about)


def _read(paths: list[Path]) -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in paths}
    if MAIN not in files:
        raise ModelFormatError(f"files: expected {MAIN}, got {[*files]!a:.100}")
    return files
