"""What can be written in another format: a model that is here, whatever holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.sidecar import TREATMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras


class ConversionSource:
    """A loaded file, a Keras model, a Marcelle model around one, or a `tf.function`.

    Parameters
    ----------
    model : object

    Attributes
    ----------
    name : str
        What messages call it: the format of a loaded file, or the kind of model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.name = model.format if isinstance(model, LoadedModel) else type(model).__name__

    @staticmethod
    def accepts(model: Any) -> bool:
        """Tell models that are here from paths, addresses and files, which have to be loaded."""
        return isinstance(model, LoadedModel) or _is_function(model) or _keras(model) is not None

    @property
    def keras_model(self) -> keras.Model | None:
        """The Keras model, or None where there are no layers."""
        return _keras(self._model)

    @property
    def graph_source(self) -> Any:
        """What the writers of graphs take: a loaded file, a Keras model or a function.

        Raises
        ------
        ModelFormatError
            If TensorFlow cannot run it.
        """
        if isinstance(self._model, LoadedModel):
            if self._model.format in ("tflite", "onnx"):
                raise ModelFormatError(
                    f"{self.name}: expected a model that TensorFlow can run as a graph; a file of "
                    "this format is made for its own runtime, so convert what it was made from"
                )
            return self._model
        return self._model if _is_function(self._model) else self.keras_model

    @property
    def loaded(self) -> LoadedModel | None:
        """The loaded file, if it is one."""
        return self._model if isinstance(self._model, LoadedModel) else None

    @property
    def labels(self) -> list[str] | None:
        """The names of the classes."""
        labels: Sequence[str] | None = getattr(self._model, "labels", None)
        return list(labels) if isinstance(labels, list | tuple) and labels else None

    @property
    def treatment(self) -> dict[str, Any]:
        """How pictures become inputs; see `TREATMENT`."""
        metadata = getattr(self._model, "metadata", None)
        known = metadata if isinstance(metadata, dict) else {}
        return {key: known[key] for key in TREATMENT if key in known}


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
