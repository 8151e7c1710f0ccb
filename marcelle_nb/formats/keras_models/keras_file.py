"""Keras's `.keras` files: read and written."""

from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import KEY
from marcelle_nb.formats.keras_models.h5_structure import FREE_BYTES, opened
from marcelle_nb.formats.keras_models.keras_archive import WEIGHTS, KerasArchive
from marcelle_nb.formats.keras_models.optimizer_state import restore_nadam
from marcelle_nb.formats.keras_models.training_setup import check_losses, compile_as_saved
from marcelle_nb.formats.keras_models.trusted import load_trusted, trust_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import h5py
    import keras
    from numpy.typing import NDArray

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.model_files import ModelFiles


def load_keras(files: ModelFiles, name: str, *, trust: bool = False) -> LoadedModel:
    """Load a `.keras` file: architecture, weights, training configuration, optimizer state.

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
        If it is damaged, or its weights are not those of its layers.

    Notes
    -----
    Read from Keras 3.15, `saving_lib.py`, and files of Keras 2.12 to 2.19.
    """
    from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel

    path = files.path(name)
    archive = KerasArchive.read(path, name)
    untrained: str | None = None
    if trust_needed(archive.config, name, trust=trust):
        model = load_trusted(path, name)
    else:
        model, untrained = _model(archive, name)
    told = {} if archive.about is None else {KEY: archive.about}
    return KerasLoadedModel(
        model, "keras", size=files.size(name), metadata=told, untrained=untrained
    )


def _model(archive: KerasArchive, what: str) -> tuple[keras.Model, str | None]:
    """Rebuild a model, and tell why it is not compiled if the file says how."""
    from marcelle_nb.formats.keras_models.build import build_model, reported
    from marcelle_nb.formats.keras_models.tfjs_disagreements import check_biases
    from marcelle_nb.formats.keras_models.translate import translate

    keras2 = archive.keras_version.startswith("2.")
    config = {**archive.config, "compile_config": None}
    with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
        weights = Path(folder) / WEIGHTS
        weights.write_bytes(archive.weights)
        with opened(weights, what) as file:
            limit = _bytes(file) + FREE_BYTES

        def values(built: keras.Model) -> list[tuple[keras.Variable, NDArray[Any]]]:
            """Give zeros, within what the file holds, for Keras to put the weights into."""
            with reported(what):  # variables of text have no size
                needed = sum(
                    math.prod(v.shape) * np.dtype(v.dtype).itemsize for v in built.variables
                )
            if needed > limit:
                raise ModelFormatError(
                    f"{what}: expected weights of at most {limit:,} bytes, got {needed:,}"
                )
            return [
                (variable, np.zeros(variable.shape, variable.dtype)) for variable in built.weights
            ]

        with reported(what):
            translated = translate(config, origin="keras2" if keras2 else "keras3")
        model = build_model(translated, what=what, values=values)
        if keras2:
            check_biases(model, what)
        with reported(what):
            return model, _restore(model, archive, weights)


def _bytes(file: h5py.File) -> int:
    """Add up what all arrays of a checked file take."""
    import h5py

    sizes: list[int] = []
    file.visititems(
        lambda _, item: sizes.append(item.nbytes if isinstance(item, h5py.Dataset) else 0)
    )
    return sum(sizes)


def _restore(model: keras.Model, archive: KerasArchive, weights: Path) -> str | None:
    """Fill in weights, vocabularies and training; tell why if Keras cannot train as it says."""
    import keras

    training = archive.config.get("compile_config")
    keras2 = archive.keras_version.startswith("2.")
    untrained = None
    if training and not keras2:  # first, so that Keras fills in the optimizer with the weights
        untrained = _compile(model.compile_from_config, training)
    keras.saving.load_weights(model, weights)
    for layer, path in _layers_with_assets(model):
        _load_assets(layer, path, archive.assets)
    if training and keras2:
        untrained = _compile(lambda config: compile_as_saved(model, config, WEIGHTS), training)
        _restore_optimizer(model, weights)
    if getattr(model, "optimizer", None) is not None:
        restore_nadam(model.optimizer)
    return untrained


def _compile(
    compile_with: Callable[[dict[str, Any]], None], training: dict[str, Any]
) -> str | None:
    try:
        check_losses(training.get("loss"))
        compile_with(training)
    # what Keras raises for a configuration that it does not know is not said anywhere
    except Exception as error:  # noqa: BLE001
        return f"expected a training that Keras 3 knows, got {error}"[:400]
    return None


def _restore_optimizer(model: keras.Model, weights: Path) -> None:
    """Take over the state that Keras 2 keeps in the same order as Keras 3."""
    import h5py

    if not model.compiled:
        return
    with h5py.File(weights, "r") as file:
        group = file.get("optimizer/vars") or {}
        stored = [np.asarray(group[str(i)]) for i in range(len(group))]
    own = list(model.optimizer.variables)
    if len(stored) == len(own) - 1:  # without the learning rate
        own.pop(1)
    if [each.shape for each in stored] == [tuple(variable.shape) for variable in own]:
        for variable, values in zip(own, stored, strict=True):
            variable.assign(values)


def _layers_with_assets(model: Any, prefix: str = "layers") -> Iterator[tuple[Any, str]]:
    """Give every layer with the folder that Keras keeps its files in."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        stem = _snake_case(type(layer).__name__)
        count = counts.get(stem, 0)
        counts[stem] = count + 1
        path = f"{prefix}/{stem}_{count}" if count else f"{prefix}/{stem}"
        yield layer, path
        if hasattr(layer, "layers"):
            yield from _layers_with_assets(layer, f"{path}/layers")


def _load_assets(layer: Any, path: str, assets: dict[str, bytes]) -> None:
    own = {
        name.removeprefix(f"{path}/"): data
        for name, data in assets.items()
        if name.startswith(f"{path}/") and "/" not in name.removeprefix(f"{path}/")
    }
    if own and hasattr(layer, "load_assets"):
        with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
            for name, data in own.items():
                (Path(folder) / name).write_bytes(data)
            layer.load_assets(folder)


def _snake_case(name: str) -> str:
    """Write a class's name as Keras does in paths."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def save_keras(
    model: keras.Model, path: Path, about: Mapping[str, Any] | None = None
) -> list[Path]:
    """Save a Keras model with its training configuration and optimizer state.

    Parameters
    ----------
    model : keras.Model
        Built.
    path : Path
        It ends in `.keras`. What is there stays as it is until all is written.
    about : mapping, optional
        What `marcelle_nb.formats.description.description` gave.

    Returns
    -------
    list of Path

    Raises
    ------
    UnsafeModel
        If a layer holds code or is of a class that is not registered.
    """
    from marcelle_nb.formats.keras_models.keras_writer import check_saveable, write_atomically

    check_saveable(model, "keras")
    return write_atomically(model, path, ".keras", about)
