"""Every kind of model of the package, each with what it learns from."""

import importlib
import inspect
import pkgutil
from typing import Any

import numpy as np

from marcelle_nb import models
from marcelle_nb.models.dense_layers import DenseLayers
from marcelle_nb.models.model import Model
from marcelle_nb.models.predict_only_model import PredictOnlyModel
from marcelle_nb.models.pretrained_model import PretrainedModel
from marcelle_nb.models.storable_model import StorableModel

WIDTH = 4

NUMBERS = {"MLPRegressor"}
"""Those that learn numbers, where the others learn labels or nothing."""

LABELS = ["a.b", "é", "10"]


def build(shape, classes):
    """Make a small network of Keras."""
    import keras

    layers = [keras.Input(shape), keras.layers.Dense(classes, activation="softmax")]
    return keras.Sequential(layers)


QUICK: dict[str, dict[str, Any]] = {
    "MLP": {"epochs": 3, "layers": [5]},
    "MLPRegressor": {"epochs": 3, "units": [5]},
    "KerasModel": {"build": build, "epochs": 1},
    "TFGenericModel": {"input_type": "generic"},
}


def _public():
    names = [it.name for it in pkgutil.iter_modules(models.__path__)]
    modules = [importlib.import_module(f"{models.__name__}.{name}") for name in names]
    found = {it for module in modules for it in vars(module).values() if inspect.isclass(it)}
    # those that fetch weights load at once, and have tests of their own
    kinds = [
        it
        for it in found - {PredictOnlyModel}  # what others are made of: it predicts nothing
        if issubclass(it, Model)
        and not issubclass(it, PretrainedModel)
        and not inspect.isabstract(it)
    ]
    return sorted(kinds, key=lambda it: it.__name__)


MODELS = _public()
STORABLE = [it for it in MODELS if issubclass(it, StorableModel) and "save" not in vars(it)]


def new(cls, **options):
    """Make a model that trains quickly."""
    return cls(**QUICK.get(cls.__name__, {}), **options)


def rows(cls, seed=0, count=24, width=WIDTH):
    """Make instances that a model of this class trains on."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, width)).astype(np.float32)
    if cls.__name__ in NUMBERS:
        return [{"x": it, "y": float(it[0])} for it in x]
    return [{"x": it, "y": LABELS[place % 3]} for place, it in enumerate(x)]


def trained(cls, seed=0, **options):
    """Make a model that has learned something."""
    model = new(cls, **options)
    learn(model, seed)
    return model


def learn(model, seed=0):
    """Train a model, or load into it what was trained elsewhere."""
    if type(model).__name__ == "TFGenericModel":
        model.load_from_files([*network(seed).items()])
    else:
        model.train(rows(type(model), seed)).wait(60)


def network(seed=0):
    """Give the files of a network that somebody trained."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(WIDTH, len(LABELS))).astype(np.float32)
    layers = [(kernel, rng.normal(size=len(LABELS)).astype(np.float32))]
    return DenseLayers(layers, "softmax").network().download("m", {"labels": LABELS})


def answers(model, seed=99):
    """Say what a model predicts, so that it can be compared."""
    x = np.random.default_rng(seed).normal(size=(5, WIDTH)).astype(np.float32)
    return [plain(it) for it in model.predict_many(x)]


def plain(answer):
    """Say an answer in values of JSON."""
    if hasattr(answer, "to_dict"):
        return answer.to_dict()
    return None if answer is None else np.asarray(answer).tolist()
