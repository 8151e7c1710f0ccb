"""The training configuration of a LayersModel, and the state that its optimizer was in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.tfjs_disagreements import check_training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

Config = dict[str, Any]

_SETTINGS = {
    "learningRate": "learning_rate",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "epsilon": "epsilon",
    "momentum": "momentum",
    "useNesterov": "nesterov",
    "rho": "rho",
    "centered": "centered",
    "initialAccumulatorValue": "initial_accumulator_value",
}

_LOSSES = {
    **{
        name: name
        for name in (
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
        )
    },
    "logcosh": "log_cosh",
    "kullback_leibler_divergence": "kl_divergence",
    "cosine_proximity": "cosine_similarity",
}
"""The losses of TensorFlow.js, as it writes them, and their names in Keras 3."""

_METRICS = {
    **_LOSSES,
    **{
        name: name
        for name in (
            "accuracy",
            "binary_accuracy",
            "categorical_accuracy",
            "sparse_categorical_accuracy",
            "crossentropy",
            "cosine_similarity",
            "mse",
            "mae",
            "mape",
        )
    },
    "acc": "accuracy",
    "ce": "crossentropy",
    "cosine": "cosine_similarity",
    "precision": "Precision",
    "recall": "Recall",
    "r2_score": "R2Score",
}
"""The metrics of TensorFlow.js; every loss is one."""

_EPSILON = 1e-7  # TensorFlow.js's own, which it uses where none is given


def compile_as_trained(model: keras.Model, training: Mapping[str, Any], what: str) -> None:
    """Compile a model as a `trainingConfig` of TensorFlow.js says.

    Parameters
    ----------
    model : keras.Model
        Built.
    training : mapping
        `loss`, `metrics` and `optimizer_config`.
    what : str
        What messages call the file.

    Raises
    ------
    ModelFormatError
        If it names a loss, metric or optimizer that TensorFlow.js does not have, or Keras would
        take other steps; the model still predicts.
    """
    from marcelle_nb.formats.keras_models.build import reported

    check_training(model, what)
    names = [tensor._keras_history.operation.name for tensor in model.outputs]
    losses = _for_each(training.get("loss"), names, f"{what}: loss")
    metrics = _metrics(training.get("metrics"), names, f"{what}: metrics")
    with reported(what):
        model.compile(
            optimizer=_optimizer(training.get("optimizer_config"), what),
            loss=_alone([_loss(n, x, what) for n, x in zip(losses, model.outputs, strict=True)]),
            metrics=_alone(
                [
                    [_metric(each, loss, output, what) for each in own]
                    for own, loss, output in zip(metrics, losses, model.outputs, strict=True)
                ]
            ),
        )


def optimizer_kind(training: Mapping[str, Any]) -> str:
    """Give the name of a training configuration's optimizer."""
    config = training.get("optimizer_config")
    kind = config.get("class_name") if isinstance(config, dict) else None
    return kind if isinstance(kind, str) else ""


def _optimizer(config: Any, what: str) -> Any:
    import keras

    from marcelle_nb.formats.keras_models.legacy_optimizers import Adadelta, Adam

    kinds = {
        "SGD": keras.optimizers.SGD,
        "Momentum": keras.optimizers.SGD,
        "Adam": Adam,
        "RMSProp": keras.optimizers.RMSprop,
        "Adagrad": keras.optimizers.Adagrad,
        "Adadelta": Adadelta,
        "Adamax": keras.optimizers.Adamax,
    }
    kind = config.get("class_name") if isinstance(config, dict) else None
    given = config.get("config") if isinstance(config, dict) else None
    if kind not in kinds or not isinstance(given, dict):
        raise ModelFormatError(f"{what}: expected one of {', '.join(kinds)}, got {kind!r:.60}")
    settings = {_SETTINGS[k]: v for k, v in given.items() if k in _SETTINGS and v is not None}
    if kind not in {"SGD", "Momentum"}:
        settings.setdefault("epsilon", _EPSILON)
    decay = given.get("decay")
    if kind == "RMSProp" and decay is not None:
        settings["rho"] = decay
    if kind == "Adamax" and decay:
        settings["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(
            settings["learning_rate"], decay_steps=1, decay_rate=decay
        )
    return kinds[kind](**settings)


def _for_each(value: Any, names: Sequence[str], what: str) -> list[str | None]:
    """Give one loss for each output."""
    if isinstance(value, dict):
        value = [value.get(name) for name in names]
    elif not isinstance(value, list):
        value = [value] * len(names)
    named: list[str | None] = [name for name in value if isinstance(name, str | None)]
    if len(value) != len(names) or len(named) != len(names):
        raise ModelFormatError(f"{what}: expected a name for each of {names}, got {value!r:.80}")
    return named


def _metrics(value: Any, names: Sequence[str], what: str) -> list[list[str]]:
    """Give a list of metrics for each output."""
    if isinstance(value, dict):
        lists = [value.get(name) or [] for name in names]
    else:
        lists = [value or []] * len(names)
    result = [each if isinstance(each, list) else [each] for each in lists]
    if not all(isinstance(name, str) for own in result for name in own):
        raise ModelFormatError(f"{what}: expected names, got {value!r:.80}")
    return result


def _loss(name: str | None, output: Any, what: str) -> Any:
    import keras

    if name is None:
        return None
    if name not in _LOSSES:
        raise ModelFormatError(f"{what}: expected a loss of TensorFlow.js, got {name!r:.60}")
    layer = output._keras_history.operation
    softmax = getattr(layer, "activation", None) is keras.activations.softmax
    if name == "binary_crossentropy" and (softmax or isinstance(layer, keras.layers.Softmax)):
        from marcelle_nb.formats.keras_models.legacy_losses import binary_crossentropy

        return binary_crossentropy
    return _LOSSES[name]


def _metric(name: str, loss: str | None, output: Any, what: str) -> Any:
    """Give a metric; which accuracy and which cross-entropy depends on loss and output."""
    import keras

    if name not in _METRICS:
        raise ModelFormatError(f"{what}: expected a metric of TensorFlow.js, got {name!r:.60}")
    known = _METRICS[name]
    kind = "Categorical"
    if loss == "sparse_categorical_crossentropy":
        kind = "SparseCategorical"
    elif loss == "binary_crossentropy" or output.shape[-1] == 1:
        kind = "Binary"
    if known == "crossentropy":
        return getattr(keras.metrics, f"{kind}Crossentropy")(name=known)
    if known == "accuracy" and kind == "Binary" and output.shape[-1] != 1:
        return keras.metrics.BinaryAccuracy(name=known)  # Keras would take the argmax
    if known in {"Precision", "Recall", "R2Score"}:
        return getattr(keras.metrics, known)(name=name)
    return known


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
