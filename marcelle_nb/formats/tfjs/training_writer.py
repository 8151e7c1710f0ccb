"""A Keras model's training configuration and optimizer state, said as TensorFlow.js says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.formats.keras_models.call_graph import functional_of
from marcelle_nb.formats.tfjs.losses_and_metrics import (
    for_outputs,
    loss_to_tfjs,
    metrics_to_tfjs,
    untrainable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from numpy.typing import NDArray

Config = dict[str, Any]

_UNKNOWN = [
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "loss_scale_factor",
    "gradient_accumulation_steps",
    "amsgrad",
]
"""Settings of optimizers that TensorFlow.js does not have."""

_OPTIMIZERS = ("SGD", "RMSprop", "Adam", "Adamax", "Adagrad", "Adadelta")

_EPSILON = 1e-7


def training_config(model: keras.Model) -> Config | None:
    """Give what `trainingConfig` says of a compiled model, or None of one that is not compiled.

    Raises
    ------
    ModelFormatError
        If TensorFlow.js has no such optimizer, loss or setting, or another meaning for it.

    Notes
    -----
    Keras's own Adam is written as that of TensorFlow.js, whose epsilon counts a little less in the
    first steps: only weights with gradients about as small as epsilon take other ones.
    """
    given = model.get_compile_config() if model.compiled else None
    if not given or model.optimizer is None:
        return None
    for key in ("loss_weights", "weighted_metrics"):
        if given.get(key):
            raise untrainable(f"no {key}", given[key])
    if _has_frozen_normalization(model):
        raise untrainable("no frozen BatchNormalization, which would adapt", "one")
    for weight in model.trainable_variables:
        if weight.constraint is not None:
            raise untrainable("no constraint, which would not be kept", weight.path)
    graph = functional_of(model)
    names = list(graph.output_names)
    losses = for_outputs(given.get("loss"), names)
    told = [loss_to_tfjs(loss, output) for loss, output in zip(losses, graph.outputs, strict=True)]
    return {
        "loss": told[0] if len(set(told)) == 1 else told,
        "metrics": metrics_to_tfjs(given.get("metrics"), names),
        "optimizer_config": _optimizer(model.optimizer),
    }


def optimizer_state(
    model: keras.Model, weights: Sequence[tuple[str, Any]]
) -> list[tuple[str, NDArray[Any], str]]:
    """Give the state of a compiled model's optimizer as TensorFlow.js stores it.

    Parameters
    ----------
    model : keras.Model
        One that `training_config` can say.
    weights : sequence of (str, keras.Variable)
        With the names that they have in TensorFlow.js, in its order.

    Returns
    -------
    list of (str, numpy.ndarray, "optimizer")
        Empty where nothing was trained since the model was compiled, or other layers than those
        that are to be trained now, or the optimizer has no state in TensorFlow.js.
    """
    optimizer = model.optimizer
    steps = int(optimizer.iterations.numpy())
    kind = type(optimizer).__name__
    if not steps or kind == "Adamax":
        return []
    state: list[tuple[str, NDArray[Any], str]] = [
        ("iter", np.array(steps, np.int32), "optimizer"),
    ]
    trained = {id(variable) for variable in model.trainable_variables}
    if trained != {id(variable) for variable in optimizer._trainable_variables}:
        return []
    named = [(name, variable) for name, variable in weights if id(variable) in trained]
    for end, slots, scale in _slots(optimizer):
        for name, variable in named:
            array = np.zeros(variable.shape, np.float32)
            if slots:
                slot = slots[optimizer._get_variable_index(variable)]
                array = np.asarray(slot.numpy() * scale, np.float32)
            state.append((f"{name}/{end}", array, "optimizer"))
    return state


def _has_frozen_normalization(model: keras.Model) -> bool:
    """Tell whether a layer would normalise by the batch in TensorFlow.js, and not in Keras."""
    return any(
        type(layer).__name__ == "BatchNormalization" and not layer.trainable
        for layer in model._flatten_layers()
    )


def _slots(optimizer: Any) -> list[tuple[str, Any, float]]:
    """Give what an optimizer keeps beside each weight: its name, the slots, and their unit."""
    kind = type(optimizer).__name__
    if kind == "SGD":
        if not optimizer.momentum:
            return []
        # TensorFlow.js adds up gradients, Keras the steps that they become
        return [("momentum", optimizer.momentums, -1 / float(optimizer.learning_rate))]
    if kind == "Adam":
        return [("m", optimizer._momentums, 1), ("v", optimizer._velocities, 1)]
    if kind == "Adagrad":
        return [("accumulator", optimizer._accumulators, 1)]
    if kind == "Adadelta":
        grads, steps = optimizer._accumulated_grads, optimizer._accumulated_delta_vars
        return [("accum_grad", grads, 1), ("accum_var", steps, 1)]
    slots = [
        ("rms", optimizer._velocities, 1.0),
        ("momentum", optimizer._momentums if optimizer.momentum else None, 1.0),
    ]
    return slots + ([("mg", optimizer._average_gradients, 1.0)] if optimizer.centered else [])


def _optimizer(optimizer: Any) -> Config:
    from keras.optimizers.schedules import LearningRateSchedule

    config = optimizer.get_config()
    kind = type(optimizer).__name__
    if kind not in _OPTIMIZERS:
        raise untrainable(f"an optimizer of {', '.join(_OPTIMIZERS)}", kind)
    for key in _UNKNOWN:
        if config.get(key):
            raise untrainable(f"an optimizer without {key}", config[key])
    if isinstance(optimizer._learning_rate, LearningRateSchedule):
        raise untrainable("a constant learning rate", "a schedule")
    rate = float(optimizer.learning_rate)
    if not rate:
        raise untrainable("a learning rate above 0", rate)
    name, said = _settings(kind, config, type(optimizer).__module__)
    return {"class_name": name, "config": {"learningRate": rate, **said}}


def _settings(kind: str, config: Config, module: str) -> tuple[str, Config]:
    """Give an optimizer's name in TensorFlow.js, and its settings but the learning rate."""
    if kind == "SGD":
        if not config["momentum"]:
            return "SGD", {}
        return "Momentum", {"momentum": config["momentum"], "useNesterov": config["nesterov"]}
    if kind in {"Adam", "Adamax"}:
        keys = {"beta1": config["beta_1"], "beta2": config["beta_2"], "epsilon": config["epsilon"]}
        return kind, keys if kind == "Adam" else {**keys, "decay": 0}
    if kind == "RMSprop":
        keys = {key: config[key] for key in ("momentum", "epsilon", "centered")}
        return "RMSProp", {"decay": config["rho"], **keys}
    if kind == "Adagrad":
        if config["epsilon"] != _EPSILON:
            raise untrainable(f"epsilon={_EPSILON}", config["epsilon"])
        return kind, {"initialAccumulatorValue": config["initial_accumulator_value"]}
    if module.startswith("keras."):
        raise untrainable(
            "Adadelta as marcelle_nb registers it", "Keras's, which takes other steps"
        )
    return kind, {"rho": config["rho"], "epsilon": config["epsilon"]}
