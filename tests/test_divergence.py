import pytest

import marcelle_nb as mnb
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.errors import TrainingError
from tests.model_classes import WIDTH, answers, new


def build(shape, outputs):
    """Make a network of Keras without a layer between."""
    import keras

    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])


def made(kind):
    """Make a model that trains quickly."""
    if kind == "keras":
        return mnb.KerasModel(build, task="regression", epochs=2, seed=0)
    return new({"mlp": mnb.MLP, "mlp_regressor": mnb.MLPRegressor}[kind], seed=0)


def rows(kind, size):
    """Make rows; of a size near the largest number, they overflow on the way through a network."""
    label = str if kind == "mlp" else lambda sign: size * sign
    signs = (1, -1, 1, -1, 1, -1)
    return [{"x": [size * sign] * WIDTH, "y": label(sign)} for sign in signs]


KINDS = ["mlp", "mlp_regressor", "keras"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_that_diverges_is_an_error_with_advice(kind):
    model = made(kind)
    with pytest.raises(TrainingError, match=r"epoch 1, .*diverged; scale x"):
        model.train(rows(kind, 3e38)).wait(60)
    assert model.training.value.status == "error"
    assert not model.ready


@pytest.mark.parametrize("kind", KINDS)
def test_the_model_is_then_as_it_was_before_and_can_be_trained_again(kind):
    model = made(kind)
    with DataStore() as store:
        model.train(rows(kind, 1)).wait(60)
        before = answers(model)
        model.sync(store, f"diverging {kind}")
        with pytest.raises(TrainingError, match="diverged"):
            model.train(rows(kind, 3e38)).wait(60)
        assert answers(model) == before
        again = made(kind)
        again.load(store, f"diverging {kind}")
        assert answers(again) == before
        model.train(rows(kind, 1)).wait(60)
        assert model.training.value.status == "success"
        assert "nan" not in repr(answers(model))
        model.close()
