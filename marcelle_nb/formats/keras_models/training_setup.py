"""Loss, metrics and optimizer as a file of Keras 2 or Keras 3 tells them, for `compile`."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.safe_config import is_registered

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

_PLAIN_METRICS = {"acc", "accuracy", "ce", "crossentropy"}


def compile_as_saved(model: keras.Model, config: Mapping[str, Any], what: str) -> None:
    """Compile a model with the training configuration of a file.

    Parameters
    ----------
    model : keras.Model
    config : mapping
        Checked; with `optimizer_config` (`.h5`) or `optimizer` (`.keras`), `loss`, `metrics`,
        `weighted_metrics`, `loss_weights`.
    what : str
        What messages call the file.

    Raises
    ------
    ModelFormatError
        If Keras 3 has no such loss, metric or optimizer. The model still predicts.
    """
    from keras import losses, metrics

    optimizer = config.get("optimizer_config", config.get("optimizer"))
    try:
        check_losses(config.get("loss"))
        model.compile(
            optimizer=_optimizer(optimizer),
            loss=_rebuilt(config.get("loss"), losses),
            metrics=_for_outputs(_rebuilt(config.get("metrics"), metrics), model),
            weighted_metrics=_for_outputs(_rebuilt(config.get("weighted_metrics"), metrics), model),
            loss_weights=config.get("loss_weights"),
        )
        model.optimizer.build(model.trainable_variables)
    # what Keras raises for a configuration that it does not know is not said anywhere
    except Exception as error:
        raise ModelFormatError(
            f"{what}: expected a training configuration that Keras 3 knows, got {error}"[:400]
        ) from error


def check_losses(value: Any) -> None:
    """Look up the losses that are told by name, which Keras does only when training begins.

    Raises
    ------
    ValueError
        If Keras 3 has none of that name.
    """
    from keras import losses

    if isinstance(value, list):
        for each in value:
            check_losses(each)
    elif isinstance(value, dict) and "class_name" not in value:
        check_losses(list(value.values()))
    elif isinstance(value, str):
        losses.get(value)


def _optimizer(config: Any) -> Any:
    from keras import optimizers

    if isinstance(config, str):
        return config
    name = config["class_name"]
    if is_registered(name):
        return optimizers.deserialize(dict(config))
    kind = getattr(optimizers, name.removeprefix("Custom>"))
    given = dict(config["config"])
    rate, decay = given.pop("lr", None), given.pop("decay", None)
    rate = given.get("learning_rate", rate)
    if isinstance(rate, dict):
        rate = optimizers.schedules.deserialize(
            # Keras 2 writes the name null, which Keras 3 does not take
            {**rate, "config": {k: v for k, v in rate["config"].items() if v is not None}}
        )
    elif decay:  # what older versions of Keras computed from it at every step
        rate = optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)
    if rate is not None:
        given["learning_rate"] = rate
    return kind(**_accepted(kind, given))


def _rebuilt(value: Any, module: Any) -> Any:
    """Make losses or metrics from what a file holds in their place, in whatever lists it lies."""
    if isinstance(value, list):
        return [_rebuilt(each, module) for each in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _rebuilt(each, module) for key, each in value.items()}
    return _object(value, module) if isinstance(value, dict) else value


def _object(value: dict[str, Any], module: Any) -> Any:
    name, given = value["class_name"], value.get("config")
    if is_registered(value.get("registered_name") or name):
        return module.deserialize(value)
    if name == "function":
        return given
    given = dict(given or {})
    if name in {"MeanMetricWrapper", "LossFunctionWrapper"}:  # a function in Keras 2
        plain = given.get("name") in _PLAIN_METRICS
        return given["name"] if plain else module.get(given["fn"])
    if given.get("reduction") == "auto":
        given["reduction"] = "sum_over_batch_size"
    kind = getattr(module, name)
    return kind.from_config(_accepted(kind, given))


def _accepted(kind: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Keras 3 no longer takes, as `is_legacy_optimizer`."""
    known: set[str] = set()
    for base in kind.__mro__:
        if "__init__" in vars(base):
            taken = inspect.signature(base).parameters
            known.update(taken)
            if all(each.kind is not each.VAR_KEYWORD for each in taken.values()):
                break  # what it does not name, it does not pass on either
    return {key: value for key, value in given.items() if key in known}


def _for_outputs(metrics: Any, model: keras.Model) -> Any:
    """Keras 2 writes the metrics as a list for each output, with null for none."""
    if not isinstance(metrics, list) or not any(isinstance(each, list) for each in metrics):
        return metrics
    listed = [each if isinstance(each, list) else [each] for each in metrics]
    listed = [[metric for metric in each if metric is not None] for each in listed]
    return listed[0] if len(model.outputs) == 1 else listed
