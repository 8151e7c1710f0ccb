import json
import math
import time
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.models.network import Network
from marcelle_nb.models.network_training import NetworkTraining

MARCELLE = Path(__file__).parent / "fixtures" / "marcelle" / "mlp"


def blobs(n_rows=60, n_features=6, n_classes=3, seed=0):
    """Make rows around one centre a class, and one-hot targets."""
    rng = np.random.default_rng(seed)
    classes = np.arange(n_rows) % n_classes
    centres = 2 * rng.normal(size=(n_classes, n_features))
    x = (centres[classes] + rng.normal(size=(n_rows, n_features))).astype(np.float32)
    return x, np.eye(n_classes, dtype=np.float32)[classes]


def new(widths=(6, 5, 4, 3), seed=0):
    return Network(widths[0], widths[1:-1], widths[-1], np.random.default_rng(seed))


def train(network, x, y, epochs=1, batch_size=8, seed=0):
    rng = np.random.default_rng(seed)
    return [list(network.train_epoch(x, y, batch_size, rng))[-1] for _ in range(epochs)]


def loss(network, x, y):
    return list(network.evaluate(x, y))[-1].loss


def test_weights_begin_as_in_keras():
    (kernel, bias), *_ = new((1000, 64, 3)).weights
    limit = math.sqrt(6 / 1064)
    assert kernel.shape == (1000, 64)
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    assert abs(kernel.mean()) < limit / 50
    assert not bias.any()


@pytest.mark.parametrize("layers", [(), (5,), (64, 32)])
def test_it_learns(layers):
    x, y = blobs()
    network = new((6, *layers, 3))
    before = loss(network, x, y)
    assert train(network, x, y, epochs=60)[-1].accuracy > 0.9
    assert loss(network, x, y) < before / 2


def test_the_gradient_is_the_slope_of_the_loss():
    x, y = blobs(12)
    network = new()
    # off the kink of ReLU, where biases of 0 put the rows that no unit answers to
    network.parameters[:] += np.random.default_rng(1).normal(0, 0.2, network.parameters.shape)
    training = NetworkTraining(network)
    training._adam.update = lambda parameters, gradient: iter(())  # type: ignore[method-assign]
    list(training.epoch(x, y, 12, np.random.default_rng(0)))
    step = 5e-4
    for index in range(len(network.parameters)):
        value = network.parameters[index]
        network.parameters[index] = value + step
        above = loss(network, x, y)
        network.parameters[index] = value - step
        below = loss(network, x, y)
        network.parameters[index] = value
        assert training._gradient[index] == pytest.approx((above - below) / (2 * step), abs=1e-3)


def test_the_same_seed_gives_the_same_weights_bit_by_bit():
    x, y = blobs(100, 300)
    one, other = new((300, 64, 32, 3)), new((300, 64, 32, 3))
    assert train(one, x, y, epochs=3) == train(other, x, y, epochs=3)
    assert one.parameters.tobytes() == other.parameters.tobytes()


def test_an_epoch_gives_running_means_batch_by_batch():
    x, y = blobs(20)
    network = new()
    rng = np.random.default_rng(0)
    first_batch = np.random.default_rng(0).permutation(20)[:8]
    expected = list(network.evaluate(x[first_batch], y[first_batch]))[-1]
    metrics = list(network.train_epoch(x, y, 8, rng))
    assert len(metrics) == 3
    assert metrics[0] == pytest.approx(expected)


def test_stopping_between_batches_keeps_the_weights_reached():
    x, y = blobs()
    network = new()
    before = network.parameters.copy()
    epoch = network.train_epoch(x, y, 8, np.random.default_rng(0))
    next(epoch)
    epoch.close()
    reached = network.parameters.copy()
    assert not np.array_equal(before, reached)
    assert np.array_equal(network.snapshot().parameters, reached)


def test_a_large_batch_is_done_in_slices_with_the_same_result(monkeypatch):
    x, y = blobs()
    whole, sliced = new(), new()
    (one,) = train(whole, x, y, batch_size=60)
    monkeypatch.setattr("marcelle_nb.models.dense_network.PRODUCTS_PER_SLICE", 20 * 74)
    slices = list(sliced.train_epoch(x, y, 60, np.random.default_rng(0)))
    assert len(slices) == 3
    assert slices[-1] == pytest.approx(one)
    assert np.allclose(whole.parameters, sliced.parameters, atol=1e-5)


def test_evaluation_and_prediction_in_slices_give_the_same(monkeypatch):
    x, y = blobs()
    network = new()
    whole, probabilities = list(network.evaluate(x, y)), network.probabilities(x)
    monkeypatch.setattr("marcelle_nb.models.dense_network.NUMBERS_PER_SLICE", 7 * 6)
    sliced = list(network.evaluate(x, y))
    assert (len(whole), len(sliced)) == (1, 9)
    assert sliced[-1] == pytest.approx(whole[-1])
    assert np.allclose(network.probabilities(x), probabilities, atol=1e-6)


def test_an_unknown_label_adds_no_loss_and_is_wrong():
    x, y = blobs(30)
    network = new()
    known = list(network.evaluate(x, y))[-1]
    with_unknown = list(network.evaluate(np.vstack([x, x]), np.vstack([y, 0 * y])))[-1]
    assert with_unknown == pytest.approx((known.loss / 2, known.accuracy / 2))


@pytest.mark.parametrize("size", [1e4, 1e30, 3e38])
def test_huge_inputs_raise_no_warning(size):
    x, y = blobs()
    network = new()
    metrics = train(network, np.sign(x) * np.float32(size), y, epochs=2)
    assert network.probabilities(x * np.float64(size)).shape == (60, 3)
    assert size > 1e5 or np.isfinite(metrics).all()


def test_a_snapshot_stays_and_cannot_be_trained():
    x, y = blobs()
    network = new()
    train(network, x, y)
    still = network.snapshot()
    before = still.probabilities(x)
    train(network, x, y)
    assert np.array_equal(still.probabilities(x), before)
    assert not np.array_equal(network.probabilities(x), before)
    with pytest.raises(ValueError, match="got a snapshot"):
        still.train_epoch(x, y, 8, np.random.default_rng(0))


def test_weights_are_copies_that_make_an_equal_network():
    x, _ = blobs()
    network = new()
    weights = network.weights
    twin = Network.from_weights(weights)
    weights[0][0][:] = 0
    assert np.array_equal(twin.probabilities(x), network.probabilities(x))
    assert (twin.n_features, twin.layers, twin.n_classes) == (6, (5, 4), 3)


def test_marcelles_weights_give_marcelles_predictions():
    expected = json.loads((MARCELLE / "expected.json").read_text())
    (manifest,) = json.loads((MARCELLE / "mlpclassifier.json").read_text())["weightsManifest"]
    numbers = np.fromfile(MARCELLE / "mlpclassifier.weights.bin", "<f4")
    arrays = []
    for entry in manifest["weights"]:
        size = math.prod(entry["shape"])
        arrays.append(numbers[:size].reshape(entry["shape"]))
        numbers = numbers[size:]
    network = Network.from_weights(list(zip(arrays[::2], arrays[1::2], strict=True)))
    for row, prediction in zip(
        network.probabilities(expected["queries"]), expected["predictions"], strict=True
    ):
        assert expected["labels"][row.argmax()] == prediction["label"]
        confidences = [prediction["confidences"][label] for label in expected["labels"]]
        assert row == pytest.approx(confidences, abs=1e-5)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((2, 5)), np.ones((2, 3)), r"x: expected shape \(n_rows, 6\), got \(2, 5\)"),
        (np.ones(6), np.ones((1, 3)), r"x: expected shape \(n_rows, 6\), got \(6,\)"),
        (np.ones((2, 6)), np.ones((1, 3)), r"y: expected shape \(2, 3\), got \(1, 3\)"),
        (np.ones((0, 6)), np.ones((0, 3)), "x: expected at least one row, got none"),
        (np.ones((1, 6)), np.zeros((1, 3)), "y: expected a class in every row"),
    ],
)
def test_data_that_does_not_fit_is_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        list(new().train_epoch(x, y, 8, np.random.default_rng(0)))


def keras_twin(network):
    import keras

    widths = (*network.layers, network.n_classes)
    kinds = ["relu"] * len(network.layers) + ["softmax"]
    dense = [keras.layers.Dense(n, activation=kind) for n, kind in zip(widths, kinds, strict=True)]
    model = keras.Sequential([keras.Input((network.n_features,)), *dense])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.set_weights([array for layer in network.weights for array in layer])
    return model


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own, on import
def test_an_epoch_is_that_of_keras():
    x, y = blobs(60, 20)
    network = new((20, 8, 5, 3))
    model = keras_twin(network)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(60)
        history = model.fit(x[order], y[order], batch_size=16, shuffle=False, verbose=0).history
        (metrics,) = train(network, x, y, batch_size=16, seed=seed)
        assert metrics.loss == pytest.approx(history["loss"][0], abs=1e-5)
        assert metrics.accuracy == pytest.approx(history["accuracy"][0], abs=1e-6)
    ours = [array for layer in network.weights for array in layer]
    for own, theirs in zip(ours, model.get_weights(), strict=True):
        assert np.allclose(own, theirs, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # TensorFlow's own, on import
def test_prints_how_long_a_training_takes_beside_keras(capsys):
    x, y = blobs(800, 1024, 4)
    network = new((1024, 64, 32, 4))
    model = keras_twin(network)
    start = time.perf_counter()
    train(network, x, y, epochs=20)
    middle = time.perf_counter()
    model.fit(x, y, batch_size=8, epochs=20, verbose=0)
    end = time.perf_counter()
    with capsys.disabled():
        print(f"\n800 x 1,024, 20 epochs: {middle - start:.2f} s, keras.fit {end - middle:.2f} s")
