"""What Teachable Machine exports: which files they are, and how pictures go into the model.

Source of names and numbers: the website's support libraries and its converter
(github.com/googlecreativelab/teachablemachine-community, `libraries/image`, `snippets/converter`).
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.formats.labels import MAX_BYTES, checked_labels
from marcelle_nb.formats.tfjs.model_json import ModelJson

if TYPE_CHECKING:
    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.model_files import ModelFiles

_CONVERTED = {
    "keras_model.h5",
    "model_unquant.tflite",
    "model.tflite",
    "model.savedmodel/saved_model.pb",
}
"""The names that the website's converter gives; with them comes a numbered `labels.txt`."""


def teachable_metadata(files: ModelFiles, main: str) -> dict[str, Any] | None:
    """Read the `metadata.json` beside a TensorFlow.js model, if it is of Teachable Machine.

    Raises
    ------
    ModelFormatError
        If it is, and cannot be read.
    """
    folder = PurePosixPath(main).parent
    name = "metadata.json" if str(folder) == "." else f"{folder}/metadata.json"
    if not main.endswith(".json") or name not in files:
        return None
    try:
        value = parse_json(files.read(name, MAX_BYTES), name)
    except ModelFormatError:
        return None  # other software's, and no business of this model
    if not isinstance(value, dict) or not _is_teachable(value):
        return None
    for key in ("labels", "wordLabels"):
        if key in value:
            checked_labels(value[key], f"{name}: {key}")
    return value


def is_left_over(files: ModelFiles, main: str) -> bool:
    """Tell a `metadata.json` from before somebody wrote another model into its folder.

    The website's models have their weights in `weights.bin`.
    """
    groups = ModelJson.read(files, main).groups
    return [path for group in groups for path in group.paths] != ["weights.bin"]


def teachable_labels(metadata: dict[str, Any]) -> list[str] | None:
    """Give the names of the classes; models of sounds keep them under another key."""
    labels: list[str] | None = metadata.get("labels") or metadata.get("wordLabels")
    return labels


def is_converted(main: str, *, is_numbered: bool) -> bool:
    """Tell the website's Keras and TensorFlow Lite files by their names and those of classes."""
    parts = PurePosixPath(main.lower()).parts
    return is_numbered and ("/".join(parts[-2:]) in _CONVERTED or parts[-1] in _CONVERTED)


def image_treatment(model: LoadedModel, metadata: dict[str, Any] | None) -> dict[str, Any]:
    """Say how a picture becomes an input: its middle square, scaled to [-1, 1].

    Parameters
    ----------
    model : LoadedModel
    metadata : dict or None
        What `teachable_metadata` gave; None for a converted file.

    Returns
    -------
    dict
        `input_range`, `crop` and `image_size` (height, width), or nothing where the model takes
        no pictures, as those of poses and sounds.
    """
    package = (metadata or {}).get("packageName", "@teachablemachine/image")
    shape = model.inputs[0].shape if len(model.inputs) == 1 else None
    if package != "@teachablemachine/image" or shape is None or len(shape) != 4:
        return {}
    if shape[3] not in (1, 3) or shape[1] is None or shape[2] is None:
        return {}
    return {"input_range": (-1.0, 1.0), "crop": "center", "image_size": (shape[1], shape[2])}


def _is_teachable(value: dict[str, Any]) -> bool:
    package = value.get("packageName")
    return "tmVersion" in value or (
        isinstance(package, str)
        and package.startswith(("@teachablemachine/", "@tensorflow-models/speech-commands"))
    )
