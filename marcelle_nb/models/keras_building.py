"""Making a Keras model: from a function, or anew from one that was given."""

from __future__ import annotations

import random
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import TrainingError
from marcelle_nb.formats.tensorflow_start import start_tensorflow
from marcelle_nb.models.keras_errors import readable, whole_tracebacks
from marcelle_nb.models.keras_optimizers import is_compiled, recompile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import keras

    Build = Callable[[tuple[int, ...], int], keras.Model]

_seeding = threading.RLock()


def is_keras_model(value: Any) -> bool:
    """Tell whether something is a Keras model; where Keras was never imported, there is none."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.Model)


def built(build: Build, shape: tuple[int, ...], classes: int, seed: int | None) -> keras.Model:
    """Call a build function.

    Parameters
    ----------
    build : callable
        Takes the shape of one input and how many classes there are, 1 for a regression.
    seed : int or None
        Makes first weights and dropout repeatable.

    Raises
    ------
    TrainingError
        If it fails, as where layers do not fit together; it names the layer.
    """
    start_tensorflow()
    with _seeded(seed), whole_tracebacks():
        try:
            model = build(shape, classes)
        except Exception as error:
            raise TrainingError(f"build: {readable(error)}") from error
    if not is_keras_model(model):
        raise TrainingError(f"build: expected it to return a Keras model, got {model!r:.80}")
    return model


class FirstWeights:
    """The weights that a model came with, and how to get back to them.

    Parameters
    ----------
    model : keras.Model
        One that is not built yet has none.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._values = [variable.numpy() for variable in model.variables]
        self._optimizer = model.optimizer.get_config() if is_compiled(model) else None

    def note(self) -> None:
        """Note the weights of a model that was not built yet, and is now."""
        if not self._values:
            self._values = [variable.numpy() for variable in self._model.variables]

    def restore(self) -> None:
        """Put the weights back, and the optimizer as it was given, with no state."""
        for variable, value in zip(self._model.variables, self._values, strict=True):
            variable.assign(value)
        if self._optimizer is not None:
            kind = type(self._model.optimizer)
            recompile(self._model, kind.from_config(self._optimizer))
        else:
            self._model.optimizer, self._model.compiled = None, False


def seed_dropout(model: keras.Model, seed: int) -> None:
    """Let what a model draws at random be the same every time."""
    for number, variable in enumerate(model.variables):
        if variable.name == "seed_generator_state":
            variable.assign(np.array([seed + number, 0], np.uint32))


@contextmanager
def _seeded(seed: int | None) -> Iterator[None]:
    """Keras draws the seeds of its layers from Python's own generator, which is put back after."""
    if seed is None:
        yield
        return
    with _seeding:
        before = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)
