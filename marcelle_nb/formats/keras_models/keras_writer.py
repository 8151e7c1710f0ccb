"""Saving Keras models: whole files or none, and only what can be loaded again."""

from __future__ import annotations

import logging
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.replaced_file import replaced_file
from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.description import FILE, KEY, description_json
from marcelle_nb.formats.detect import is_named
from marcelle_nb.formats.keras_models.safe_config import check_config

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import keras


def check_saveable(model: keras.Model, format: str) -> None:
    """Refuse a model whose file nobody could load.

    Parameters
    ----------
    model : keras.Model
    format : str
        `"keras"` or `"h5"`.

    Raises
    ------
    UnsafeModel
        If a layer, loss or metric is a `Lambda` or of a class that is not registered.
    ModelFormatError
        If the model is not built, or `.h5` has no place for an operation in it.
    """
    from keras.saving import serialize_keras_object

    if not model.built:
        raise ModelFormatError(
            f"{model.name}: expected a model that knows its input shape; call it on data first"
        )
    try:
        config = serialize_keras_object(model)
    # `get_config` of somebody's layer: it may raise anything
    except Exception as error:
        raise ModelFormatError(
            f"{model.name}: expected layers with a `get_config`, got {error}"[:400]
        ) from error
    try:
        check_config(config, model.name)
    except UnsafeModel as error:
        hint = "a file with it could not be loaded again"
        raise UnsafeModel(f"{error}; {hint}") from None
    if format == "h5":
        _check_has_place(config, model.name)


def _check_has_place(config: dict[str, Any], what: str) -> None:
    """`.h5` names operations as if they were layers, and then finds other ones."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    if layers is None:
        raise ModelFormatError(
            f"{what}: expected a sequential or functional model for .h5, got "
            f"{config.get('class_name')}; save it as .keras"
        )
    for layer in layers:
        if str(layer.get("module")).startswith("keras.src.ops"):
            raise ModelFormatError(
                f"{what}: expected layers only for .h5, got the operation {layer['class_name']}; "
                "save it as .keras"
            )
        if isinstance(layer.get("config"), dict) and "layers" in layer["config"]:
            _check_has_place(layer, what)


def write_atomically(
    model: keras.Model, path: Path, suffix: str, about: Mapping[str, Any] | None = None
) -> list[Path]:
    """Save into a file beside, then put it in its place.

    Parameters
    ----------
    model : keras.Model
    path : Path
    suffix : str
        `".keras"` or `".h5"`; Keras chooses the format by it. The path ends in it, in small
        letters or not, or, as HDF5 files also do, in `.hdf5`.
    about : mapping, optional
        What `marcelle_nb.formats.description.description` gave. Keras looks past it.

    Returns
    -------
    list of Path
    """
    path = Path(path)
    if not is_named(path.name, suffix.removeprefix(".")):
        raise ValueError(f"path: expected a name that ends in {suffix}, got {path.name!r}")
    with replaced_file(path, f"model{suffix}") as beside, _without_advice():
        model.save(beside)
        if about:
            _describe(beside, suffix, about)
    return [path]


def _describe(path: Path, suffix: str, about: Mapping[str, Any]) -> None:
    """Put a description into a file that Keras has written."""
    data = description_json(about)
    if suffix == ".keras":
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(FILE, data)
        return
    import h5py

    with h5py.File(path, "r+") as file:
        file.attrs[KEY] = data.decode()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keras advises against `.h5` at every save; who saves one has chosen it."""

    def wanted(record: logging.LogRecord) -> bool:
        return "HDF5 file" not in record.getMessage()

    logger = logging.getLogger("absl")
    logger.addFilter(wanted)
    try:
        yield
    finally:
        logger.removeFilter(wanted)
