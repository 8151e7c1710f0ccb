"""What a Keras network is outside the kernel, and that a training goes on from there."""

import json
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import marcelle_nb as mnb
from marcelle_nb.errors import UnsafeModel
from marcelle_nb.models.keras_packing import pack_network
from tests.formats.tfjs_node import requires_tfjs, run_tfjs
from tests.model_classes import build, rows

ROWS = rows(mnb.KerasModel)
X = np.stack([row["x"] for row in ROWS])


@keras.saving.register_keras_serializable("tests")
class Tripled(layers.Layer):
    def call(self, x):
        return 3 * x


def own_layer(shape, classes):
    return keras.Sequential(
        [keras.Input(shape), Tripled(), layers.Dense(classes, activation="softmax")]
    )


def compiled_as(loss):
    model = build((4,), 3)
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    return model


def made(**options):
    """Untyped: these tests look at what may be None."""
    return mnb.keras_model(**options)


def trained(*given, epochs=1, **options):
    model = mnb.keras_model(*given, epochs=epochs, seed=1, **options)
    model.train(ROWS).wait(120)
    return model


def scores(model):
    return [list(it.confidences.values()) for it in model.predict_many(X)]


def test_it_is_tensorflow_js_with_what_belongs_to_it():
    packed = trained(build)._packed("save")
    assert packed.format == "tfjs"
    assert packed.metadata == {
        "tfjsModelFormat": "layers-model",
        "task": "classification",
        "labels": ["a.b", "é", "10"],
    }
    document = json.loads(packed.files["model.json"])
    assert document["trainingConfig"]["optimizer_config"]["class_name"] == "Adam"
    assert document["weightsManifest"][0]["paths"] == ["./model.weights.bin"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: trained(own_layer),
        lambda: trained(build, optimizer="nadam"),
        lambda: trained(compiled_as(keras.losses.CategoricalCrossentropy(label_smoothing=0.1))),
    ],
    ids=["a layer", "an optimizer", "a loss"],
)
def test_what_tensorflow_js_cannot_say_is_in_keras_own_file(make, store):
    model = make()
    identifier = model.save(store, "n")
    other = made()
    assert other.load(store, identifier).format == "keras"
    assert other.labels == ["a.b", "é", "10"]
    np.testing.assert_array_equal(scores(other), scores(model))
    assert type(other.keras_model.loss) is type(model.keras_model.loss)
    assert other.optimizer == model.optimizer


def test_a_download_is_for_pages_where_they_can_predict_with_it(tmp_path):
    paths = trained(build, optimizer="nadam").download(tmp_path)
    assert [path.name for path in paths] == ["keras-model.json", "keras-model.weights.bin"]
    marcelle = json.loads(paths[0].read_text())["marcelle"]
    assert (marcelle["type"], marcelle["tfjsModelFormat"]) == ("tfjs-model", "layers-model")
    names = [path.name for path in trained(own_layer).download(tmp_path, {"by": "me"})]
    assert names == ["keras-model.keras", "keras-model.keras.metadata.json"]
    again = made()
    assert again.upload(tmp_path / names[0]).metadata["by"] == "me"
    assert again.ready


@requires_tfjs
def test_real_tensorflow_js_answers_the_same(tmp_path):
    model = trained(build)
    model.download(tmp_path)
    (answer,) = run_tfjs(tmp_path, [X], main="keras-model.json")
    np.testing.assert_allclose(answer, scores(model), atol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "nadam"])
def test_in_another_kernel_a_training_takes_the_steps_that_it_would_have_taken(optimizer, store):
    model = trained(build, optimizer=optimizer)
    model.save(store, f"on {optimizer}")
    other = made(epochs=1, seed=1)
    other.load(store, f"on {optimizer}")
    for one in (model, other):
        one.train(ROWS).wait(60)
    steps = {int(one.keras_model.optimizer.iterations) for one in (model, other)}
    assert len(steps) == 1
    np.testing.assert_allclose(scores(other), scores(model), atol=1e-6)


def test_the_same_model_has_the_same_digest_wherever_it_is():
    model = trained(own_layer)
    first = model._packed("save")
    assert model._packed("save").digest == first.digest
    other = made()
    other._fitted = other._unpack(first)
    assert other._packed("save").digest == first.digest
    other.keras_model.set_weights([2 * it for it in other.keras_model.get_weights()])
    changed = other._packed("save")
    assert changed.digest != first.digest
    other._fitted = other._unpack(changed)
    assert scores(other) != scores(model)


def test_a_layer_that_nobody_could_load_is_refused():
    class Own(layers.Layer):
        def call(self, x):
            return x

    given = keras.Sequential([keras.Input((4,)), Own(), layers.Dense(3, activation="softmax")])
    with pytest.raises(UnsafeModel):
        mnb.keras_model(given, labels=["a", "b", "c"]).save("n")


def test_a_regression_and_how_pictures_go_in_travel(store):
    pictures: list[dict[str, Any]] = [
        {"x": np.full((4, 4, 3), 20 * i, np.uint8), "y": float(i), "features": "v1"}
        for i in range(8)
    ]

    def flat(shape, classes):
        return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(classes)])

    model = mnb.keras_model(flat, task="regression", input_range=(-1, 1), epochs=1)
    model.train(pictures).wait(60)
    model.save(store, "r", {"task": "mine", "crop": "mine", "input_range": 3})
    other = made()
    metadata = other.load(store, "r").metadata
    assert metadata["task"] == other.task == "regression"
    assert (metadata["input_range"], metadata["image_size"]) == ([-1.0, 1.0], [4, 4])
    assert other.predict(pictures[3]["x"]) == pytest.approx(model.predict(pictures[3]["x"]))
    assert metadata["features"] == other._fitted.features == "v1"


def test_it_is_packed_between_two_steps_of_a_training():
    model = trained(build)
    model.epochs = 100_000
    run = model.train(ROWS)
    for _ in range(5):
        network = model._fitted
        packed = pack_network(network)
        assert packed.format == "tfjs"
    run.cancel()
    run.wait(60)
