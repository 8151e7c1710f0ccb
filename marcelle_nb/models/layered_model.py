"""What the models have in common that may consist of Keras layers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from marcelle_nb.models.layer_rows import layer_rows
from marcelle_nb.models.loadable_model import LoadableModel
from marcelle_nb.models.summary_table import SummaryTable

if TYPE_CHECKING:
    import keras


class LayeredModel(LoadableModel):
    """A model whose layers can be looked at."""

    @property
    @abstractmethod
    def keras_model(self) -> keras.Model | None:
        """The Keras model; None where there is none, or none yet."""

    @property
    def layers(self) -> list[keras.Layer]:
        """The layers; none before the model is built."""
        return [] if self.keras_model is None else list(self.keras_model.layers)

    @property
    def input_layers(self) -> list[keras.Layer]:
        """The layers that inputs go into; none of a subclassed model, which does not tell."""
        return _ends(self.keras_model, "inputs")

    @property
    def output_layers(self) -> list[keras.Layer]:
        """The layers that outputs come from; none of a subclassed model, which does not tell."""
        return _ends(self.keras_model, "outputs")

    def summary(self) -> str:
        """Describe every layer as text: the rows of `summary_table`."""
        model = self.keras_model
        if model is None:
            return "not built yet: train it, or call build(input_shape, labels)"
        return layer_rows(model).text()

    def summary_table(self) -> SummaryTable:
        """Describe every layer in a table that is renewed when the model changes."""
        return SummaryTable(self)


def _ends(model: Any, which: str) -> list[keras.Layer]:
    tensors = getattr(model, which, None) or []
    return list(dict.fromkeys(tensor._keras_history.operation for tensor in tensors))
