"""What can be written in another format: a model that is here, whatever holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import TOLD
from marcelle_nb.formats.loaded_model import LoadedModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import keras


class ConversionSource:
    """A loaded file, a Keras model, a Marcelle model around either, or a `tf.function`.

    Parameters
    ----------
    model : object

    Attributes
    ----------
    loaded : LoadedModel or None
        The loaded file, if it is one, or a model around one.
    name : str
        What messages call it: the format of a loaded file, or the kind of model.

    Raises
    ------
    ValueError
        If it is a Marcelle model in which there is nothing yet.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.loaded = _loaded(model)
        self.name = self.loaded.format if self.loaded is not None else type(model).__name__
        if self.loaded is None and not _is_function(model) and _keras(model) is None:
            todo = (
                "load a file into it first"
                if hasattr(model, "loaded")
                else "train it, call its build() or load a file into it first"
            )
            raise ValueError(
                f"source: expected a model that is built or loaded, got an empty {self.name}; "
                f"{todo}"
            )

    @staticmethod
    def accepts(model: Any) -> bool:
        """Tell models that are here from paths, addresses and files, which have to be loaded."""
        return (
            _is_function(model)
            or _keras(model) is not None
            or any(hasattr(model, name) for name in ("keras_model", "loaded"))
        )

    @property
    def keras_model(self) -> keras.Model | None:
        """The Keras model, or None where there are no layers."""
        return _keras(self._model if self.loaded is None else self.loaded)

    @property
    def graph_source(self) -> Any:
        """What the writers of graphs take: a loaded file, a Keras model or a function.

        Raises
        ------
        ModelFormatError
            If TensorFlow cannot run it.
        """
        if self.loaded is not None:
            if self.loaded.format in ("tflite", "onnx"):
                raise ModelFormatError(
                    f"{self.name}: expected a model that TensorFlow can run as a graph; a file of "
                    "this format is made for its own runtime, so convert what it was made from"
                )
            return self.loaded
        return self._model if _is_function(self._model) else self.keras_model

    def labels(self, output_nodes: Iterable[str] | None = None) -> list[str] | None:
        """Give the names of the classes, those that the user has set before those of the file.

        Parameters
        ----------
        output_nodes : iterable of str, optional
            What becomes the outputs instead of the model's own, which alone have the names.
        """
        if output_nodes is not None and not set(output_nodes) <= self._outputs():
            return []
        for holder in (self._model, self.loaded):
            labels = getattr(holder, "labels", None)
            if isinstance(labels, list | tuple) and labels:
                return list(labels)
        return None

    def _outputs(self) -> set[str]:
        if self.loaded is not None:
            return {spec.name for spec in self.loaded.outputs}
        return set(getattr(self.keras_model, "output_names", None) or ())

    @property
    def told(self) -> dict[str, Any]:
        """How pictures become inputs, and the task: as the user has said, else as the file does."""
        told = {**_metadata(self.loaded), **_metadata(self._model)}
        return {key: told[key] for key in TOLD if key in told}


def refuse_other_models(source: Any) -> None:
    """Say of models that are no network of TensorFlow that they cannot be written.

    Raises
    ------
    TypeError
        If it is one.
    """
    if hasattr(source, "predict") and hasattr(source, "train"):
        raise TypeError(
            f"source: expected a Keras model or a model's file, got {type(source).__name__}, which "
            "no model format holds; a keras_model(...) trained on the same data can be converted"
        )
    if callable(source) and not hasattr(source, "read"):
        raise TypeError(
            f"source: expected a model or its file, got the function {source!r:.60}; "
            "@tf.function(input_signature=[...]) makes one that can be converted"
        )


def _loaded(model: Any) -> LoadedModel | None:
    """Find a loaded file, in a model around it too."""
    found = model if isinstance(model, LoadedModel) else getattr(model, "loaded", None)
    return found if isinstance(found, LoadedModel) else None


def _metadata(model: Any) -> Mapping[str, Any]:
    metadata = getattr(model, "metadata", None)
    return metadata if isinstance(metadata, dict) else {}


def _keras(model: Any) -> keras.Model | None:
    """Find a Keras model; nobody can have made one without Keras being imported."""
    import sys

    keras = sys.modules.get("keras")
    if keras is None:
        return None
    found = model if isinstance(model, keras.Model) else getattr(model, "keras_model", None)
    return found if isinstance(found, keras.Model) else None


def _is_function(model: Any) -> bool:
    """Tell a `tf.function`, or one of its concrete functions."""
    return callable(model) and (
        hasattr(model, "get_concrete_function") or hasattr(model, "structured_input_signature")
    )
