import itertools

import numpy as np
import pytest

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.mlp import MLP
from tests.stores import KINDS, open_store

numbers = itertools.count()


@pytest.fixture(params=KINDS)
def data(request):
    data = Dataset(f"learned {next(numbers)}", open_store(request.param, request))
    rng = np.random.default_rng(0)
    data.create([{"x": rng.normal(3 * (i % 2), 1, 4), "y": "ab"[i % 2]} for i in range(40)])
    data.create({"x": [9, 9, 9, 9], "y": "outlier"})
    return data


GIVEN = {
    "dataset": lambda d: d.sift({"y": {"$ne": "outlier"}}),
    "items": lambda d: d.items({"y": {"$in": ["a", "b"]}}),
    "filtered": lambda d: d.items().filter(lambda it: it["y"] != "outlier"),
    "mapped": lambda d: d.items().take(40).map(lambda it: it | {"x": it["x"] * 2}),
    "page": lambda d: d.find({"$limit": 40})["data"],
    "service": lambda d: d._collection.service.items().take(40),
}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("model", [KNN, lambda: MLP(layers=[8], epochs=3, seed=1)])
def test_whatever_iterates_instances_can_be_trained_on(data, given, model):
    model = model()
    model.train(GIVEN[given](data)).wait(60)
    assert model.labels == ["a", "b"]
    model.close()


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4), (1, 2, 2, 2)])
def test_arrays_of_any_shape_are_learned_flat(shape):
    data = Dataset(f"learned {next(numbers)}")
    rng = np.random.default_rng(0)
    data.create([{"x": rng.normal(3 * (i % 2), 1, shape), "y": "ab"[i % 2]} for i in range(20)])
    model = KNN()
    model.train(data).wait(60)
    assert model.predict(np.full(shape, 3.0)).label == "b"
    with pytest.raises(ValueError, match="expected finite"):
        model.predict(np.full(shape, np.nan))
    model.close()


def test_rows_of_the_first_versions_are_learned():
    data = Dataset(f"learned {next(numbers)}")
    data._collection.service.create(
        [{"features": [[i, 1]], "label": "ab"[i % 2], "datasetName": data.name} for i in range(4)]
    )
    model = KNN()
    model.train(data).wait(60)
    assert model.labels == ["a", "b"]
    model.close()


@pytest.mark.parametrize("shape", [(4,), (3, 4), (4, 5, 3)])
def test_keras_models_learn_lazy_instances_of_any_shape(shape):
    import keras

    from marcelle_nb.models.keras_model import KerasModel

    def build(input_shape, classes):
        assert input_shape == shape
        layers = [keras.Input(input_shape), keras.layers.Flatten()]
        return keras.Sequential([*layers, keras.layers.Dense(classes, activation="softmax")])

    data = Dataset(f"learned {next(numbers)}")
    rng = np.random.default_rng(0)
    data.create([{"x": rng.normal(i % 2, 1, shape), "y": "ab"[i % 2]} for i in range(12)])
    model = KerasModel(build, epochs=1)
    model.train(data.items().filter(lambda it: True)).wait(120)
    assert model.labels == ["a", "b"]
    assert model.predict(np.zeros(shape)).label in ("a", "b")
    model.close()
