"""Losses and metrics of Keras, said as TensorFlow.js says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOSSES = {
    **{
        name: name
        for name in [
            "mean_squared_error",
            "mean_absolute_error",
            "mean_absolute_percentage_error",
            "mean_squared_logarithmic_error",
            "squared_hinge",
            "hinge",
            "categorical_hinge",
            "categorical_crossentropy",
            "sparse_categorical_crossentropy",
            "binary_crossentropy",
            "poisson",
        ]
    },
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "log_cosh": "logcosh",
    "logcosh": "logcosh",
    "marcelle_nb>binary_crossentropy": "binary_crossentropy",
    "kl_divergence": "kullback_leibler_divergence",
    "cosine_similarity": "cosine_proximity",
}

_METRICS = {
    "accuracy": "accuracy",
    "acc": "accuracy",
    "categorical_accuracy": "categorical_accuracy",
    "binary_accuracy": "binary_accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "categorical_crossentropy": "categorical_crossentropy",
    "sparse_categorical_crossentropy": "sparse_categorical_crossentropy",
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "mse": "mse",
    "mae": "mae",
    "mape": "mape",
}

_SNAKE_NAMES = {
    "MeanSquaredError": "mean_squared_error",
    "MeanAbsoluteError": "mean_absolute_error",
    "MeanAbsolutePercentageError": "mean_absolute_percentage_error",
    "MeanSquaredLogarithmicError": "mean_squared_logarithmic_error",
    "SquaredHinge": "squared_hinge",
    "Hinge": "hinge",
    "CategoricalHinge": "categorical_hinge",
    "LogCosh": "log_cosh",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "BinaryCrossentropy": "binary_crossentropy",
    "KLDivergence": "kl_divergence",
    "Poisson": "poisson",
    "CosineSimilarity": "cosine_similarity",
    "CategoricalAccuracy": "categorical_accuracy",
    "BinaryAccuracy": "binary_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
}

_ORDINARY: dict[str, tuple[Any, ...]] = {
    "from_logits": (False,),
    "label_smoothing": (0,),
    "ignore_class": (None,),
    "reduction": ("sum_over_batch_size",),
    "axis": (-1,),
    "delta": (1,),
    "threshold": (0.5,),
}
"""Settings of losses and metrics, at what TensorFlow.js takes for granted."""


def untrainable(expected: str, got: Any) -> ModelFormatError:
    """Give the error for what a LayersModel cannot say of a training."""
    return ModelFormatError(
        f"training configuration: expected {expected}, as TensorFlow.js trains, got {got!s:.80}"
    )


def for_outputs(value: Any, names: Sequence[str]) -> list[Any]:
    """Give what a loss says of each output."""
    if isinstance(value, dict) and "class_name" not in value:
        return [value.get(name) for name in names]
    if not isinstance(value, list | tuple):
        return [value] * len(names)
    if len(value) != len(names):
        raise untrainable(f"a loss for each of {len(names)} outputs", len(value))
    return list(value)


def loss_to_tfjs(value: Any, output: Any) -> str:
    """Give the name of a loss in TensorFlow.js.

    Parameters
    ----------
    value : str or dict
        As Keras writes it.
    output : keras.KerasTensor
        Of the model, which the loss is of.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js has none that computes the same.
    """
    name = _ordinary_name(value)
    if name == "binary_crossentropy" and _is_softmax(output):
        raise untrainable("another loss after a softmax, whose logits Keras takes", name)
    if name not in _LOSSES:
        raise untrainable("a loss that TensorFlow.js has", name)
    return _LOSSES[name]


def _is_softmax(output: Any) -> bool:
    from keras import activations, layers

    layer = output._keras_history.operation
    activation = getattr(layer, "activation", None)
    return isinstance(layer, layers.Softmax) or activation is activations.softmax


def metrics_to_tfjs(value: Any, names: Sequence[str]) -> Any:
    """Give the names of metrics in TensorFlow.js.

    Those that it does not have are left out, since they change no weight; of several for one of
    several outputs it takes the first.

    Parameters
    ----------
    value : None, str, dict or list
        As Keras writes them.
    names : sequence of str
        Of the model's outputs.

    Returns
    -------
    list of str, or dict by output
    """
    if isinstance(value, dict) and "class_name" not in value:
        told = {name: _known_metrics(value[name]) for name in names if name in value}
        return {name: metrics[0] for name, metrics in told.items() if metrics}
    nested = isinstance(value, list) and any(isinstance(each, list) for each in value)
    if nested and len(names) > 1:
        told = {
            name: _known_metrics(each) for name, each in zip(names, value, strict=False) if each
        }
        return {name: metrics[0] for name, metrics in told.items() if metrics}
    return _known_metrics(value)


def _known_metrics(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return list(dict.fromkeys(name for each in value for name in _known_metrics(each)))
    try:
        name = _METRICS.get(str(_ordinary_name(value)))
    except ModelFormatError:
        return []
    return [name] if name else []


def _ordinary_name(value: Any) -> Any:
    """Give the name of a loss or metric whose settings are those of TensorFlow.js."""
    if not isinstance(value, dict):
        return value
    config = value.get("config")
    if not isinstance(config, dict):
        return config
    kind = str(value.get("class_name"))
    for key, allowed in _ORDINARY.items():
        if key in config and config[key] not in allowed:
            raise untrainable(f"{kind} with {key}={allowed[0]}", config[key])
    return _SNAKE_NAMES.get(kind, kind)
