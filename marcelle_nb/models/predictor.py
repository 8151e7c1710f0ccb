"""A model as it is at one moment, to predict with here and on workers."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError, TrainingError, UnsupportedByModel
from marcelle_nb.models.layered_model import LayeredModel
from marcelle_nb.models.layers_network import LayersNetwork
from marcelle_nb.models.prediction_documents import prediction_document
from marcelle_nb.models.prediction_page import with_versions
from marcelle_nb.models.prediction_task import described_model
from marcelle_nb.models.storable_model import StorableModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.models.packed_model import PackedModel


class Predictor:
    """Predicts with a model as it was when this was made, whatever is trained meanwhile.

    That holds of models that can be stored. Others, any objects with `predict_many` or `predict`,
    are used as they are; they cannot be sent to another process.

    Parameters
    ----------
    model : StorableModel or object

    Raises
    ------
    TypeError
        If it does not predict.
    """

    def __init__(self, model: Any) -> None:
        if not any(callable(getattr(model, name, None)) for name in ("predict_many", "predict")):
            raise TypeError(f"model: expected an object with predict_many, got {model!r:.80}")
        self._given = model
        self._is_storable = isinstance(model, StorableModel)
        self._fitted = model._fitted if self._is_storable and model.ready else None
        self._description = _description(model) if self._is_storable else None
        self._frozen: Any = None

    @property
    def needs_tensorflow(self) -> bool:
        """Whether TensorFlow computes what it predicts."""
        network = getattr(self._fitted, "network", None)
        return isinstance(self._given, LayeredModel) or isinstance(network, LayersNetwork)

    def freeze(self) -> None:
        """Wait until the model is loaded, and take it as it is then.

        Raises
        ------
        TrainingError
            If it has learned nothing that it could predict with.
        """
        model = self._given
        if self._is_storable:
            if self._fitted is None:
                self._fitted = model._fitted_now()
            ready = self._fitted is not None
        else:
            ready = bool(getattr(model, "ready", True))
        if not ready:
            raise TrainingError(
                "model: expected one that has learned something, got one that has not: train or"
                " load it first"
            )
        self._frozen = self._copy() if self._is_storable else model

    def _copy(self) -> Any:
        if self._description is None or self.needs_tensorflow or self.packed is None:
            return self._given
        try:
            copy = type(self._given)(**self._given._made_with())
        except TypeError:  # a class of the user's, made in another way
            return self._given
        copy._fitted = self._fitted  # which nobody changes: a training replaces it
        return copy

    @cached_property
    def packed(self) -> PackedModel | None:
        """The model outside the kernel; None where it cannot be said."""
        if not self._is_storable or self._description is None:
            return None
        try:
            packed: PackedModel = self._given._pack(self._fitted)
        except (UnsupportedByModel, ModelFormatError):
            return None
        return packed

    @property
    def description(self) -> str:
        """Of which class the model is, and its parameters."""
        return self._description or ""

    @cached_property
    def key(self) -> str | None:
        """A digest of the model and its parameters; None where it cannot be said."""
        if self.packed is None:
            return None
        return hashlib.sha256(f"{self.packed.digest} {self.description}".encode()).hexdigest()

    def to_bytes(self) -> bytes:
        """Pack the model for workers.

        Raises
        ------
        UnsupportedByModel
            If it cannot be said outside the kernel.
        """
        if self.packed is None:
            raise UnsupportedByModel("model: expected one that can be stored, got one that cannot")
        return self.packed.to_bytes()

    def predict(
        self, inputs: Sequence[Any], versions: Sequence[str | None]
    ) -> list[dict[str, Any]]:
        """Give the prediction for each input, in order."""
        rows, model = with_versions(inputs, versions), self._frozen
        if callable(getattr(model, "predict_many", None)):
            answers = list(model.predict_many(rows))
        else:
            answers = [model.predict(row) for row in rows]
        if len(answers) != len(rows):
            raise TrainingError(
                f"model: expected {len(rows)} predictions, one an instance, got {len(answers)}"
            )
        return [prediction_document(answer) for answer in answers]


def _description(model: StorableModel) -> str | None:
    try:
        return described_model(model)
    except (TypeError, ValueError):  # a parameter that JSON does not know
        return None
