import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.models import prediction_task
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.prediction_page import packed_inputs
from marcelle_nb.models.prediction_task import described_model, made_model, predict_page
from tests.batch_runs import rows, trained_knn


@pytest.fixture(autouse=True)
def no_models():
    prediction_task._models.clear()
    yield
    prediction_task._models.clear()


def data_of(model):
    return model._pack(model._fitted).to_bytes()


def test_a_worker_asks_for_a_model_once():
    model, page = trained_knn(k=2), [row["x"] for row in rows(4, 2)]
    task = "key", described_model(model)
    inputs, versions = packed_inputs(page), [None] * 4
    assert predict_page(*task, None, inputs, versions) is None
    wanted = [answer.to_dict() for answer in model.predict_many(page)]
    assert predict_page(*task, data_of(model), inputs, versions) == wanted
    assert predict_page(*task, None, inputs, versions) == wanted


def test_a_worker_keeps_the_models_that_it_used_last():
    model, inputs = trained_knn(), packed_inputs([np.ones(6)])
    data, told = data_of(model), described_model(model)
    for n in range(prediction_task.MODELS):
        predict_page(f"{n}", told, data, inputs, [None])
    predict_page("0", told, None, inputs, [None])
    predict_page("new", told, data, inputs, [None])
    assert predict_page("0", told, None, inputs, [None]) is not None
    assert predict_page("1", told, None, inputs, [None]) is None


def test_a_model_is_made_again_with_its_parameters():
    model = trained_knn(k=7)
    copy = made_model(described_model(model), model._pack(model._fitted))
    assert (type(copy), copy.parameters.to_dict()) == (KNN, {"k": 7})
    x = [row["x"] for row in rows(9, 3)]
    assert copy.predict_many(x) == model.predict_many(x)  # type: ignore[attr-defined]


def test_a_network_made_again_gives_the_same_numbers():
    model = MLP(epochs=2, seed=0)
    model.train(rows(60)).wait(60)
    copy = made_model(described_model(model), model._pack(model._fitted))
    x = [row["x"] for row in rows(50, 3)]
    assert copy.predict_many(x) == model.predict_many(x)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "told",
    [
        '{"class": ["os", "system"], "parameters": {}}',
        '{"class": ["no.such.module", "A"], "parameters": {}}',
        '{"class": ["marcelle_nb.models.knn", "f.<locals>.A"], "parameters": {}}',
        '{"class": ["marcelle_nb.component", "Component"], "parameters": {}}',
    ],
)
def test_only_classes_of_models_are_made(told):
    model = trained_knn()
    with pytest.raises(ModelFormatError, match="class"):
        made_model(told, model._pack(model._fitted))
