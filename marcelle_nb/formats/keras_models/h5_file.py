"""Keras's older `.h5` files, written by Keras 2 or Keras 3: read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import KEY, parse_description
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.formats.keras_models.h5_structure import attribute, opened, reading
from marcelle_nb.formats.keras_models.trusted import load_trusted, trust_needed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import h5py
    import keras
    from numpy.typing import NDArray

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.model_files import ModelFiles


def load_h5(files: ModelFiles, name: str, *, trust: bool = False) -> LoadedModel:
    """Load a Keras model from an HDF5 file: architecture, weights, training, optimizer state.

    Parameters
    ----------
    files : ModelFiles
    name : str
        Of the file among them.
    trust : bool
        Whether a `Lambda` and classes from anywhere are let through.

    Returns
    -------
    LoadedModel
        Compiled if the file says how; training goes on where it stopped. Where Keras 3 cannot say
        that, it only predicts: see `KerasLoadedModel`.

    Raises
    ------
    UnsafeModel
        If the file could run code or points into other files.
    ModelFormatError
        If it is damaged, holds weights alone, or weights that are not its layers'.

    Notes
    -----
    Read from Keras 2.19 (`tf_keras`) and Keras 3.15, `legacy_h5_format.py`.
    """
    from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel

    path = files.path(name)
    with opened(path, name) as file:
        model, untrained = _model(file, name, trust=trust)
        with reading(name):
            about = attribute(file, KEY)
    if model is None:
        model = load_trusted(path, name)
    told = {KEY: parse_description(about, f"{name}: {KEY}")} if isinstance(about, str) else {}
    return KerasLoadedModel(model, "h5", size=files.size(name), metadata=told, untrained=untrained)


def _model(file: h5py.File, what: str, *, trust: bool) -> tuple[keras.Model | None, str | None]:
    """Rebuild a model, and tell why it is not compiled if the file says how.

    None for a model that is trusted to run code, which Keras itself reads.
    """
    from marcelle_nb.formats.keras_models.build import build_model, reported
    from marcelle_nb.formats.keras_models.h5_weights import (
        match_stored,
        read_stored,
        stored_weights,
    )
    from marcelle_nb.formats.keras_models.optimizer_state import restore_optimizer
    from marcelle_nb.formats.keras_models.tfjs_disagreements import check_biases
    from marcelle_nb.formats.keras_models.training_setup import compile_as_saved
    from marcelle_nb.formats.keras_models.translate import translate

    with reading(what):
        config = _json(file, "model_config", what)
        training = _json(file, "training_config", what)
        if config is None:
            raise ModelFormatError(
                f"{what}: expected a whole model, got weights alone; build the model and call its "
                "`load_weights`"
            )
        stored = stored_weights(file, what)
        version = str(attribute(file, "keras_version") or _version(file))
    for checked in (config, training or {}):
        if trust_needed(checked, what, trust=trust):
            return None, None
    variables: dict[str, keras.Variable] = {}

    def values(built: keras.Model) -> list[tuple[keras.Variable, NDArray[Any]]]:
        matched = match_stored(stored, built, what)
        variables.update((each, variable) for each, (variable, _) in matched.items())
        return [(variable, read_stored(dataset)) for variable, dataset in matched.values()]

    with reported(what):
        translated = translate(config, origin="keras3" if version.startswith("3.") else "keras2")
    model = build_model(translated, what=what, values=values)
    if not version.startswith("3."):
        check_biases(model, what)
    if training and training.get("optimizer_config"):
        try:
            compile_as_saved(model, training, what)
        except ModelFormatError as error:
            return model, str(error)
        with reading(what):
            restore_optimizer(file, model, variables, what)
    return model, None


def _json(file: h5py.File, name: str, what: str) -> dict[str, Any] | None:
    text = attribute(file, name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise ModelFormatError(f"{what}: expected text as {name!r}, got {type(text).__name__}")
    value = parse_json(text.encode(), f"{what}: {name}", not_finite=True)
    if not isinstance(value, dict):
        raise ModelFormatError(
            f"{what}: expected an object as {name!r}, got {type(value).__name__}"
        )
    return value


def _version(file: h5py.File) -> str:
    """Give the version that Keras 1 and early 2 write beside the weights."""
    return str(attribute(file["model_weights"], "keras_version") or "")


def save_h5(model: keras.Model, path: Path, about: Mapping[str, Any] | None = None) -> list[Path]:
    """Save a Keras model with its training configuration and optimizer state.

    Parameters
    ----------
    model : keras.Model
        Built.
    path : Path
        It ends in `.h5`. What is there stays as it is until all is written.
    about : mapping, optional
        What `marcelle_nb.formats.description.description` gave.

    Returns
    -------
    list of Path

    Raises
    ------
    UnsafeModel
        If a layer holds code or is of a class that is not registered.
    ModelFormatError
        If the format has no place for what the model holds.
    """
    from marcelle_nb.formats.keras_models.keras_writer import check_saveable, write_atomically

    check_saveable(model, "h5")
    return write_atomically(model, path, ".h5", about)
