"""The parameters of a model that Keras trains, which a compiled model may set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.kinds import Choice, Float, Integer
from marcelle_nb.models.keras_optimizers import OPTIMIZERS, is_compiled, learning_rate_of, name_of
from marcelle_nb.models.layered_model import LayeredModel
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    import keras


class KerasParameters(LayeredModel):
    """A model with the settings of a Keras training.

    Parameters
    ----------
    data_store : DataStore, or a location as text, optional
        See `StorableModel`.
    **parameters
        First values. Those that are given hold before what a model was compiled with.

    Attributes
    ----------
    epochs : int
    batch_size : int
    learning_rate : float
    optimizer : str
    validation_split : float
        See `KerasModel`.
    """

    epochs = parameter(Integer(min=1, max=100_000), 20)
    batch_size = parameter(Integer(min=1, max=100_000), 32)
    learning_rate = parameter(Float(min=0), 0.001)
    optimizer = parameter(Choice(OPTIMIZERS), "adam")
    validation_split = parameter(Float(min=0, max=1), 0.2)

    def __init__(self, *, data_store: Any = None, **parameters: Any) -> None:
        super().__init__(data_store=data_store, **parameters)
        self._taken = set(parameters)

    def _take_over(self, model: keras.Model) -> None:
        """Let the parameters say what a compiled model's optimizer is."""
        if not is_compiled(model):
            return
        rate = learning_rate_of(model.optimizer)
        if "optimizer" not in self._taken:
            self.optimizer = name_of(model.optimizer)
            if "learning_rate" not in self._taken and rate is not None:
                self.learning_rate = float(f"{rate:.6g}")  # as it was written, before float32
        self._taken = {"optimizer", "learning_rate"}
