"""Optimizers of Keras by the names that a menu shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

OWN = "own"
"""The optimizer that a model was compiled with, where it is none of the others."""

_CLASSES = {
    "adam": "Adam",
    "adamw": "AdamW",
    "adamax": "Adamax",
    "nadam": "Nadam",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
    "momentum": "SGD",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adafactor": "Adafactor",
    "ftrl": "Ftrl",
    "lamb": "Lamb",
    "lion": "Lion",
}

OPTIMIZERS = (*_CLASSES, OWN)

MOMENTUM = 0.9


def new_optimizer(name: str, learning_rate: float) -> keras.optimizers.Optimizer:
    """Make an optimizer with Keras's own settings; `"momentum"` is SGD with a momentum of 0.9."""
    import keras

    extra = {"momentum": MOMENTUM} if name == "momentum" else {}
    return getattr(keras.optimizers, _CLASSES[name])(learning_rate=learning_rate, **extra)


def name_of(optimizer: Any) -> str:
    """Name an optimizer; `"own"` where the menu has no name for it."""
    kind = type(optimizer).__name__
    if kind == "SGD":
        return "momentum" if optimizer.momentum else "sgd"
    names = [name for name, class_name in _CLASSES.items() if class_name == kind]
    return names[0] if names else OWN


def is_compiled(model: Any) -> bool:
    """Tell whether a model has an optimizer and a loss."""
    return bool(model.compiled) and model.optimizer is not None


def recompile(model: Any, optimizer: keras.optimizers.Optimizer) -> None:
    """Give a compiled model another optimizer; loss and metrics stay."""
    config = dict(model._compile_config.config)
    model.compile(**{**config, "optimizer": optimizer, "jit_compile": False})


def learning_rate_of(optimizer: Any) -> float | None:
    """Give a learning rate; None where a schedule sets it."""
    import keras

    if not isinstance(getattr(optimizer, "_learning_rate", None), keras.Variable):
        return None
    return float(optimizer.learning_rate)
