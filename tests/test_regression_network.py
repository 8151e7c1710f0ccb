import numpy as np
import pytest

from marcelle_nb.models.regression_network import RegressionNetwork

RNG = np.random.default_rng(0)
XS = RNG.normal(size=(30, 4)).astype(np.float32)


def last(slices):
    return list(slices)[-1]


@pytest.mark.parametrize("width", [1, 3])
def test_it_learns_as_keras_does(width):
    import keras

    targets = RNG.normal(size=(30, width)).astype(np.float32)
    network = RegressionNetwork(4, [6], width, np.random.default_rng(1))
    layers = [keras.layers.Dense(6, activation="relu"), keras.layers.Dense(width)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mean_absolute_error"])
    model.set_weights([array for layer in network.weights for array in layer])
    history = model.fit(XS, targets, batch_size=30, epochs=10, verbose=0).history
    rng = np.random.default_rng(2)
    ours = [last(network.train_epoch(XS, targets, 30, rng)) for _ in range(10)]
    assert [it.loss for it in ours] == pytest.approx(history["loss"], rel=1e-4)
    assert [it.mean_absolute_error for it in ours] == pytest.approx(
        history["mean_absolute_error"], rel=1e-4
    )
    assert np.allclose(network.numbers(XS), model.predict(XS, verbose=0), atol=1e-4)


def test_slices_give_the_same(monkeypatch):
    network = RegressionNetwork(4, [6], 2, np.random.default_rng(1))
    targets = RNG.normal(size=(30, 2)).astype(np.float32)
    whole = network.numbers(XS), last(network.evaluate(XS, targets))
    monkeypatch.setattr("marcelle_nb.models.dense_network.NUMBERS_PER_SLICE", 7 * 6)
    assert np.allclose(network.numbers(XS), whole[0], atol=1e-6)
    assert last(network.evaluate(XS, targets)) == pytest.approx(whole[1])


def test_only_the_rows_that_are_chosen_count():
    network = RegressionNetwork(4, [], 1, np.random.default_rng(1))
    targets = RNG.normal(size=(30, 1)).astype(np.float32)
    chosen = np.array([3, 5, 8])
    assert last(network.evaluate(XS, targets, chosen)) == pytest.approx(
        last(network.evaluate(XS[chosen], targets[chosen]))
    )


@pytest.mark.parametrize("shape", [(30,), (30, 2), (29, 1)])
def test_targets_of_another_shape_are_refused(shape):
    network = RegressionNetwork(4, [], 1, np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"y: expected shape \(30, 1\)"):
        network.evaluate(XS, np.zeros(shape)).__next__()
