import random
import threading
import time
from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.errors import (
    AlreadyTraining,
    ModelFormatError,
    NotFound,
    TrainingError,
    UnsafeModel,
    UnsupportedByModel,
)
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.keras_model import KerasModel
from marcelle_nb.models.tf_generic_model import TFGenericModel
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.test_tf_generic_model import SEGMENTATION

if TYPE_CHECKING:
    from marcelle_nb.models.training_status import TrainingStatus

rng = np.random.default_rng(0)
ROWS = [{"x": rng.normal(size=4) + 4 * np.eye(4)[i % 3], "y": "bca"[i % 3]} for i in range(60)]
PICTURES = [
    {
        "x": rng.integers(0, 80, (8, 8, 3), dtype=np.uint8) + np.uint8(100 * (i % 2)),
        "y": "ab"[i % 2],
    }
    for i in range(20)
]


def build(input_shape, classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(classes, activation="softmax", name="out"),
        ]
    )


def functional(input_shape=(4,), classes=3):
    x = keras.Input(input_shape, name="x")
    return keras.Model(x, layers.Dense(classes, activation="softmax", name="out")(x))


class Subclassed(keras.Model):
    def __init__(self, classes=3):
        super().__init__()
        self.hidden = layers.Dense(8, activation="relu")
        self.out = layers.Dense(classes)

    def call(self, x):
        return self.out(self.hidden(x))


def convolutional(input_shape, classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def made(*args, **options):
    """Untyped: these tests look at what may be None."""
    return KerasModel(*args, **options)


def trained(*args, rows=ROWS, **options):
    model = made(*args, **{"epochs": 3, "learning_rate": 0.01, "seed": 1, **options})
    model.train(rows).wait(120)
    return model


def statuses(model):
    seen: list[TrainingStatus] = []
    model.training.subscribe(seen.append)
    return seen


def weights(model):
    return [np.array(value) for value in model.keras_model.get_weights()]


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# Training


def test_it_learns_and_tells_every_epoch_as_every_model_does():
    model = made(build, epochs=30, learning_rate=0.02, seed=0)
    seen = statuses(model)
    run = model.train(ROWS).wait(120)
    assert [s.status for s in seen] == ["idle", "start", *["epoch"] * 30, "success"]
    assert [(s.epoch, s.epochs) for s in seen[2:-1]] == [(i + 1, 30) for i in range(30)]
    assert set(seen[2].data) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert seen[-1].data == run.history
    assert run.history["val_accuracy"][-1] > 0.9
    answer = model.predict(ROWS[0]["x"])
    assert answer.label == "b"
    assert sum(answer.confidences.values()) == pytest.approx(1, abs=1e-5)


def test_labels_are_in_first_seen_order():
    model = trained(build, epochs=1)
    assert model.labels == ["b", "c", "a"]
    assert [*model.predict(ROWS[0]["x"]).confidences] == ["b", "c", "a"]


@pytest.mark.parametrize(
    "given",
    [build, lambda *_: functional(), functional, Subclassed, lambda *_: Subclassed()],
    ids=["function", "function of a functional", "functional", "subclassed", "function of a class"],
)
def test_it_takes_functions_and_models_of_every_kind(given):
    is_function = given is build or given.__name__ == "<lambda>"
    model = trained(given if is_function else given(), epochs=20, learning_rate=0.05)
    answers = model.predict_many([row["x"] for row in ROWS])
    right = np.mean([a.label == row["y"] for a, row in zip(answers, ROWS, strict=True)])
    assert right > 0.8
    for answer in answers:
        assert sum(answer.confidences.values()) == pytest.approx(1, abs=1e-5)


def test_a_seed_makes_it_repeatable_bit_by_bit():
    for how, rows in ((build, ROWS), (convolutional, PICTURES)):
        assert equal(weights(trained(how, rows=rows)), weights(trained(how, rows=rows)))


def test_a_seed_leaves_the_random_numbers_of_others_alone():
    random.seed(5)
    expected = random.random()
    random.seed(5)
    trained(build, epochs=1)
    assert random.random() == expected


def test_dropout_of_a_model_that_was_given_is_repeatable_too():
    def once():
        keras.utils.set_random_seed(3)
        return weights(trained(build((4,), 3)))

    assert equal(once(), once())


def test_images_are_learned_from_in_their_shape_and_scaled():
    model = trained(convolutional, rows=PICTURES, epochs=60, learning_rate=0.05)
    answers = model.predict_many([row["x"] for row in PICTURES])
    assert [a.label for a in answers] == [row["y"] for row in PICTURES]


@pytest.mark.parametrize(("span", "top"), [(None, 1), ((0, 255), 255), ((-1, 1), 1)])
def test_the_input_range_says_what_white_becomes(span, top):
    white = np.full((8, 8, 3), 255, np.uint8)
    model = made(
        lambda shape, _: keras.Sequential(
            [
                keras.Input(shape),
                layers.GlobalMaxPooling2D(),
                layers.Dense(1, kernel_initializer="ones"),
            ]
        ),
        task="regression",
        input_range=span,
        epochs=1,
        learning_rate=0,
    )
    model.train([{"x": white, "y": 1}, {"x": white, "y": 2}]).wait(60)
    assert model.predict(white) == pytest.approx(3 * top)


def test_a_regression_learns_numbers():
    rows = [{"x": [i / 20], "y": 3 * i / 20 - 1} for i in range(20)]
    model = made(
        lambda shape, n: keras.Sequential([keras.Input(shape), layers.Dense(n)]),
        task="regression",
        epochs=200,
        learning_rate=0.1,
        batch_size=8,
        seed=0,
    )
    assert np.isnan(model.predict([0.5]))
    run = model.train(rows).wait(120)
    assert set(run.history) == {
        *("loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error")
    }
    assert model.predict([0.5]) == pytest.approx(0.5, abs=0.05)
    assert model.labels == []


def test_two_labels_can_share_one_output():
    def one(shape, _):
        return keras.Sequential([keras.Input(shape), layers.Dense(1)])

    rows = [row for row in ROWS if row["y"] != "a"]
    model = trained(one, rows=rows, epochs=30, learning_rate=0.1)
    assert {model.predict(row["x"]).label == row["y"] for row in rows} == {True}
    assert [*model.predict(rows[0]["x"]).confidences] == ["b", "c"]


def test_a_compiled_model_keeps_its_loss_metrics_and_optimizer():
    given = functional()
    given.compile(
        keras.optimizers.SGD(0.25),
        "sparse_categorical_crossentropy",
        metrics=["accuracy", "sparse_top_k_categorical_accuracy"],
    )
    model = made(given, epochs=2)
    assert (model.optimizer, model.learning_rate) == ("sgd", 0.25)
    run = model.train(ROWS).wait(60)
    assert {"loss", "accuracy", "sparse_top_k_categorical_accuracy"} <= set(run.history)
    assert given.loss == "sparse_categorical_crossentropy"


def test_what_is_given_holds_before_what_a_model_was_compiled_with():
    given = functional()
    given.compile(keras.optimizers.SGD(0.25), "categorical_crossentropy")
    model = made(given, epochs=1, optimizer="adam", learning_rate=0.5)
    model.train(ROWS).wait(60)
    assert isinstance(given.optimizer, keras.optimizers.Adam)
    assert float(given.optimizer.learning_rate) == 0.5


def test_an_optimizer_without_a_name_here_is_its_own():
    given = functional()
    given.compile(keras.optimizers.Muon(0.01), "categorical_crossentropy")
    model = made(given, epochs=1)
    assert model.optimizer == "own"
    model.train(ROWS).wait(60)
    assert isinstance(given.optimizer, keras.optimizers.Muon)
    with pytest.raises(TrainingError, match="expected one for a model without its own"):
        KerasModel(build, optimizer="own").train(ROWS).wait(60)


def test_epochs_and_learning_rate_count_at_once():
    model = made(build, epochs=100_000)
    rates = list[float]()

    def change(status):
        if status.status == "epoch":
            rates.append(float(model.keras_model.optimizer.learning_rate))
            model.learning_rate = 0.5
            model.epochs = 3

    model.training.subscribe(change)
    run = model.train(ROWS).wait(60)
    assert len(run.history["loss"]) == 3
    assert rates == pytest.approx([0.001, 0.5, 0.5])


def test_a_cancel_keeps_what_was_reached():
    model = made(build, epochs=100_000)
    run = model.train(ROWS)
    eventually(lambda: model.training.value.status == "epoch")
    start = time.monotonic()
    run.cancel()
    run.wait(20)
    assert time.monotonic() - start < 1
    assert model.training.value.status == "success"
    assert model.training.value.data["stopped"] is True
    assert model.predict(ROWS[0]["x"]).label in {"a", "b", "c"}


def test_a_training_goes_on_from_where_it_is():
    model = trained(build, epochs=2)
    inner, steps = model.keras_model, int(model.keras_model.optimizer.iterations)
    assert steps > 0
    model.train(ROWS).wait(60)
    assert model.keras_model is inner
    assert int(inner.optimizer.iterations) == 2 * steps


def test_after_clear_it_begins_anew():
    model = trained(build)
    first, inner = weights(model), model.keras_model
    model.clear()
    assert not model.ready
    assert model.predict(ROWS[0]["x"]) == ClassifierResults()
    model.train(ROWS).wait(60)
    assert model.keras_model is not inner
    assert equal(weights(model), first)


def test_after_clear_a_model_that_was_given_has_its_first_weights():
    given = functional()
    before = given.get_weights()
    model = trained(given)
    first = weights(model)
    assert not equal(before, first)
    model.clear()
    model.train(ROWS).wait(60)
    assert equal(weights(model), first)


def test_other_labels_make_a_function_build_again():
    model = trained(build)
    model.train([{"x": [i, 1], "y": "xyzw"[i % 4]} for i in range(16)]).wait(60)
    assert model.labels == ["x", "y", "z", "w"]
    assert model.keras_model.output_shape == (None, 4)


def test_fewer_labels_keep_the_model():
    model = trained(build)
    inner = model.keras_model
    model.train([row for row in ROWS if row["y"] != "a"]).wait(60)
    assert model.keras_model is inner
    assert model.labels == ["b", "c", "a"]


def test_labels_that_a_given_model_has_no_output_for_are_refused():
    model = trained(functional())
    other = [{**row, "y": "new"} for row in ROWS[:3]]
    with pytest.raises(TrainingError, match=r"outputs for, \['b', 'c', 'a'\], got \['new'\]"):
        model.train([*ROWS, *other]).wait(60)


def test_a_validation_dataset_overrides_the_split():
    model = made(build, epochs=1, validation_split=0.5)
    run = model.train(ROWS, ROWS[:6]).wait(60)
    assert "val_loss" in run.history
    run = model.train(ROWS, []).wait(60)
    assert "val_loss" not in run.history
    model.validation_split = 0
    assert "val_loss" not in model.train(ROWS).wait(60).history


@pytest.mark.parametrize(
    ("given", "rows", "message"),
    [
        (lambda: functional((5,)), ROWS, "input layer 'x': expected inputs of shape 5, got 4"),
        (lambda: functional((4,), 2), ROWS, "output layer 'out': expected 3 units, one for each"),
        (
            lambda: keras.Sequential([layers.Conv2D(2, 3, name="conv"), layers.Dense(3)]),
            ROWS,
            "layer 'conv': expected min_ndim=4, got ndim=2",
        ),
        (lambda: lambda *_: 3, ROWS, "build: expected it to return a Keras model, got 3"),
        (lambda: lambda shape: functional(), ROWS, "build: .*takes 1 positional argument"),
        (
            lambda: lambda *_: keras.Sequential([keras.Input((4,)), layers.Conv2D(2, 3, name="c")]),
            ROWS,
            "build: layer 'c': expected min_ndim=4",
        ),
        (lambda: None, ROWS, "build: expected a Keras model, or one to be loaded, got none"),
        (lambda: build, [], "expected at least one instance"),
        (lambda: build, ROWS[:1], "expected at least 2 different labels, got only 'b'"),
    ],
)
def test_a_training_that_cannot_begin_says_why_and_emits_error_alone(given, rows, message):
    model = made(given())
    seen = statuses(model)
    with pytest.raises(TrainingError, match=message):
        model.train(rows).wait(60)
    assert [s.status for s in seen] == ["idle", "error"]


def test_a_prediction_during_a_training_uses_the_newest_step():
    model = made(build, epochs=100_000)
    run = model.train(ROWS)
    eventually(lambda: model.ready)
    seen = {model.predict(ROWS[0]["x"]).confidences["b"] for _ in range(20)}
    run.cancel()
    run.wait(20)
    assert len(seen) > 1


def test_features_of_another_version_are_refused():
    rows = [{**row, "features": "v1"} for row in ROWS]
    model = trained(build, rows=rows, epochs=1)
    with pytest.raises(TrainingError, match="dataset: expected image features of version 'v1'"):
        model.train([{**row, "features": "v2"} for row in ROWS]).wait(60)


# Predicting


def test_an_untrained_model_answers_with_nothing():
    assert KerasModel(build).predict([1, 2, 3, 4]) == ClassifierResults()


def test_a_trained_model_with_labels_predicts_at_once():
    given = functional()
    model = made(given, labels=["x", "y", "z"])
    assert model.ready
    expected = given(np.ones((1, 4), "float32"))[0].numpy()
    assert [*model.predict([1] * 4).confidences.values()] == pytest.approx(expected.tolist())
    assert model.labels == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1, 2, 3], r"x: expected shape \(4,\), got \(3,\)"),
        ([1, 2, 3, np.nan], "x: expected finite numbers"),
        (np.zeros((8, 8, 3), np.uint8), r"x: expected shape \(4,\), got \(8, 8, 3\)"),
    ],
    ids=str,
)
def test_an_x_of_another_form_is_refused(x, message):
    model = trained(build, epochs=1)
    with pytest.raises(ValueError, match=message):
        model.predict(x)


def test_a_vector_can_be_a_gray_picture_row_by_row():
    given = keras.Sequential(
        [keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    model = trained(given, epochs=1)
    assert model.predict([1, 2, 3, 4]).label in {"a", "b", "c"}


# Looking


def test_layers_and_ends_are_those_of_the_keras_model():
    model = made(functional())
    assert [layer.name for layer in model.layers] == ["x", "out"]
    assert [layer.name for layer in model.input_layers] == ["x"]
    assert [layer.name for layer in model.output_layers] == ["out"]
    assert "out" in model.summary()
    empty = KerasModel(build)
    assert (empty.layers, empty.input_layers, empty.output_layers) == ([], [], [])
    assert empty.summary().startswith("not built yet")


def test_it_can_be_built_before_there_are_data():
    model = made(build)
    model.build((4,), ["b", "c", "a"])
    assert model.ready
    inner = model.keras_model
    model.train(ROWS).wait(60)
    assert model.keras_model is inner
    with pytest.raises(TypeError, match="labels: expected a list"):
        KerasModel(build).build((4,))
    with pytest.raises(TrainingError, match="output layer 'out'"):
        KerasModel(functional()).build((4,), ["a", "b"])


@pytest.mark.parametrize("task", ["ranking", None])
def test_a_task_that_there_is_not_is_refused(task):
    with pytest.raises(ValueError, match="task: expected one of classification, regression"):
        KerasModel(build, task=task)


def test_what_is_no_model_and_no_function_is_refused():
    with pytest.raises(TypeError, match="build: expected a Keras model or a function, got 3"):
        KerasModel(3)


def test_the_page_gets_the_menu_of_optimizers():
    model = made(build)
    page = FakePage(model)
    assert page.state["kinds"]["optimizer"]["type"] == "choice"
    page.write(optimizer="sgd")
    assert model.optimizer == "sgd"
    model.close()


# Files


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "folder", "folder/model.json"])
def test_all_of_a_model_comes_back_and_its_training_goes_on(tmp_path, name):
    model = trained(build, epochs=2)
    paths = model.save(tmp_path / name)
    assert all(path.exists() for path in paths)
    other = made(epochs=2, seed=1)
    seen = statuses(other)
    assert other.load(tmp_path / name) is other
    assert [s.status for s in seen] == ["idle", "loading", "loaded"]
    assert seen[-1].data == {"source": "file"}
    assert other.labels == ["b", "c", "a"]
    assert (other.optimizer, other.learning_rate) == ("adam", 0.01)
    x = ROWS[0]["x"]
    assert other.predict(x).confidences == pytest.approx(model.predict(x).confidences, abs=1e-6)
    assert int(other.keras_model.optimizer.iterations) == int(
        model.keras_model.optimizer.iterations
    )
    other.train(ROWS).wait(60)
    assert int(other.keras_model.optimizer.iterations) == 2 * int(
        model.keras_model.optimizer.iterations
    )


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "folder"])
def test_a_training_after_loading_takes_the_steps_that_it_would_have_taken(tmp_path, name):
    def without_chance(input_shape, classes):
        return keras.Sequential(
            [keras.Input(input_shape), layers.Dense(classes, activation="softmax")]
        )

    model = trained(without_chance, epochs=2)
    model.save(tmp_path / name)
    other = made(epochs=3, seed=7).load(tmp_path / name)
    model.seed, model.epochs = 7, 3
    model.train(ROWS).wait(60)
    other.train(ROWS).wait(60)
    for one, two in zip(weights(model), weights(other), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_an_input_range_travels_with_the_file(tmp_path):
    model = trained(convolutional, rows=PICTURES, input_range=(-1, 1))
    for name in ("m.keras", "folder"):
        model.save(tmp_path / name)
        other = made().load(tmp_path / name)
        x = PICTURES[0]["x"]
        assert other.predict(x).confidences == pytest.approx(model.predict(x).confidences, abs=1e-5)
        generic = TFGenericModel("image", "classification")
        generic.load_from_files(tmp_path / name)
        assert generic.predict(x).confidences == pytest.approx(
            model.predict(x).confidences, abs=1e-5
        )
        generic.close()


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("m.tflite", None),
        ("m.onnx", None),
        ("m.pb", None),
        ("folder", "saved-model"),
        ("folder", "tfjs-graph"),
    ],
)
def test_a_format_that_holds_inference_only_is_refused_with_what_writes_it(tmp_path, name, format):
    model = trained(build, epochs=1)
    with pytest.raises(UnsupportedByModel, match=r"inference only; mnb.convert\(model, .*"):
        model.save(tmp_path / name, format=format)


@pytest.mark.parametrize(("name", "format"), [("m.pickle", None), ("m.keras", "zip")])
def test_a_format_that_there_is_not_is_refused(tmp_path, name, format):
    with pytest.raises(ValueError, match=r"format: expected \.keras, \.h5, or a folder"):
        trained(build, epochs=1).save(tmp_path / name, format=format)


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.hdf5", "web"])
def test_what_was_saved_as_a_regression_is_one_again(tmp_path, name):
    def linear(shape, classes):
        return keras.Sequential([keras.Input(shape), layers.Dense(classes)])

    model = KerasModel(linear, task="regression", epochs=1)
    model.train([{"x": row["x"], "y": float(i)} for i, row in enumerate(ROWS)]).wait(60)
    model.save(tmp_path / name)
    again = KerasModel().load(tmp_path / name)
    assert again.task == "regression"
    x = ROWS[0]["x"]
    assert again.predict(x) == pytest.approx(model.predict(x))
    classes = KerasModel(functional(), labels=["a", "b", "c"])
    classes.save(tmp_path / name)
    assert again.load(tmp_path / name).task == "classification"
    assert again.predict(x) == classes.predict(x)


def test_files_tell_what_the_model_told_wherever_they_go(tmp_path):
    model = KerasModel(functional(), labels=["k", "l", "m"])
    assert [path.name for path in model.save(tmp_path / "m.keras")] == ["m.keras"]
    upload = [("m.keras", (tmp_path / "m.keras").read_bytes())]
    assert KerasModel().load(upload).labels == ["k", "l", "m"]


def test_place_that_is_of_another_kind_is_named(tmp_path):
    model = KerasModel(functional(), labels=["k", "l", "m"])
    (tmp_path / "m.keras").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(IsADirectoryError, match=r"^target: expected a file, got the folder '.*m.k"):
        model.save(tmp_path / "m.keras")
    for name in ("file/m.keras", "file/web"):
        with pytest.raises(NotADirectoryError, match=rf"^target: expected a folder .*{name[:4]}"):
            model.save(tmp_path / name)
    with pytest.raises(NotADirectoryError, match=r"^target: expected a folder, got the file"):
        model.save(tmp_path / "file", format="tfjs")


def test_size_of_shards_may_be_text(tmp_path):
    model = KerasModel(functional(), labels=["k", "l", "m"])
    assert len(model.save(tmp_path / "web", shard_size="32 B")) > 2
    with pytest.raises(ValueError, match=r"^shard_size: expected a number of bytes from 1 on"):
        model.save(tmp_path / "web", shard_size="0")


def test_a_model_that_is_not_built_cannot_be_saved(tmp_path):
    with pytest.raises(ValueError, match="expected a model that is built"):
        KerasModel(build).save(tmp_path / "m.keras")


@keras.saving.register_keras_serializable("tests")
class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


class Unregistered(layers.Layer):
    def call(self, x):
        return 2 * x


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_a_registered_layer_survives(tmp_path, name):
    def own(shape, classes):
        return keras.Sequential(
            [keras.Input(shape), Doubled(), layers.Dense(classes, activation="softmax")]
        )

    model = trained(own, epochs=1)
    model.save(tmp_path / name)
    other = made().load(tmp_path / name)
    assert [type(layer) for layer in other.layers] == [Doubled, layers.Dense]
    x = ROWS[0]["x"]
    assert other.predict(x).confidences == pytest.approx(model.predict(x).confidences, abs=1e-6)


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "folder"])
def test_a_layer_that_is_not_registered_is_refused_by_name(tmp_path, name):
    def own(shape, classes):
        return keras.Sequential(
            [keras.Input(shape), Unregistered(), layers.Dense(classes, activation="softmax")]
        )

    model = trained(own, epochs=1)
    with pytest.raises(ModelFormatError, match=r"(?i)unregistered"):
        model.save(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_file_that_holds_a_graph_cannot_be_trained():
    model = made()
    with pytest.raises(UnsupportedByModel, match="inference only; tf_generic_model"):
        model.load(SEGMENTATION)
    assert model.training.value.status == "error"


def test_a_file_with_code_is_refused(tmp_path):
    given = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x)])
    given.save(tmp_path / "m.keras")
    with pytest.raises(UnsafeModel):
        KerasModel().load(tmp_path / "m.keras")


def test_building_during_a_run_is_refused_before_anything_is_made(monkeypatch):
    model = KerasModel(build, epochs=100_000)
    run = model.train(ROWS)
    made: list[object] = []
    monkeypatch.setattr(model._source, "new", lambda *given: made.append(given))
    with pytest.raises(AlreadyTraining):
        model.build((2,), ["a", "b"])
    assert made == []
    run.cancel()
    run.wait(20)


@pytest.mark.parametrize("given", ["function", "model"])
def test_a_run_that_begins_while_it_is_built_waits_and_trains_what_was_built(given, monkeypatch):
    began, go = threading.Event(), threading.Event()
    model = made(build if given == "function" else build((4,), 3), epochs=2)
    new, makers = model._source.new, list[str]()

    def slow(*arguments):
        makers.append(threading.current_thread().name)
        began.set()
        assert go.wait(20)
        return new(*arguments)

    monkeypatch.setattr(model._source, "new", slow)
    building = threading.Thread(target=model.build, args=((4,), ["b", "c", "a"]), name="builder")
    building.start()
    assert began.wait(20)
    run = model.train(ROWS)
    with pytest.raises(AlreadyTraining):
        model.build((4,), ["b", "c", "a"])
    assert not run.done
    go.set()
    building.join(20)
    built = model.keras_model
    run.wait(60)
    assert makers == ["builder"]
    assert model.keras_model is built
    assert int(built.optimizer.iterations) == 2 * 2


def test_building_while_a_run_makes_its_model_is_refused_at_once():
    began, go = threading.Event(), threading.Event()

    def slow(*arguments):
        began.set()
        assert go.wait(20)
        return build(*arguments)

    model = made(slow, epochs=1)
    run = model.train(ROWS)
    assert began.wait(20)
    with pytest.raises(AlreadyTraining):
        model.build((4,), ["b", "c", "a"])
    go.set()
    run.wait(60)
    assert model.labels == ["b", "c", "a"]


def test_a_run_that_waits_for_a_building_can_be_cancelled(monkeypatch):
    began, go = threading.Event(), threading.Event()
    model = made(build)
    new = model._source.new

    def slow(*arguments):
        began.set()
        assert go.wait(20)
        return new(*arguments)

    monkeypatch.setattr(model._source, "new", slow)
    building = threading.Thread(target=model.build, args=((4,), ["b", "c", "a"]))
    building.start()
    assert began.wait(20)
    run = model.train(ROWS)
    run.cancel()
    run.wait(20)
    assert model.training.value.data["stopped"] is True
    go.set()
    building.join(20)


def test_a_file_that_cannot_be_loaded_leaves_the_model_as_it_was(tmp_path):
    model = trained(build, epochs=1)
    before, rate = weights(model), model.learning_rate
    (tmp_path / "m.keras").write_bytes(b"no zip")
    with pytest.raises(ModelFormatError):
        model.load(tmp_path / "m.keras")
    assert equal(weights(model), before)
    assert (model.learning_rate, model.labels) == (rate, ["b", "c", "a"])
    assert model.ready
    model.train(ROWS).wait(60)


def test_loading_and_training_keep_out_of_each_others_way(tmp_path, monkeypatch):
    model = trained(build, epochs=1)
    model.save(tmp_path / "m.keras")
    model.epochs = 100_000
    run = model.train(ROWS)
    with pytest.raises(AlreadyTraining, match="while a file is loaded"):
        model.load(tmp_path / "m.keras")
    run.cancel()
    run.wait(20)
    began, go = threading.Event(), threading.Event()

    def waiting(*_, **__):
        began.set()
        go.wait(20)
        return model._fitted

    monkeypatch.setattr(model, "_opened", waiting)
    loading = threading.Thread(target=model.load, args=("m.keras",))
    loading.start()
    assert began.wait(20)
    with pytest.raises(AlreadyTraining, match="got one that is loading"):
        model.train(ROWS)
    go.set()
    loading.join(20)


# A store, and which texts mean a file


def test_a_plain_text_is_a_name_in_the_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = trained(build, epochs=1, data_store=tmp_path / "a.db")
    identifier = model.save("lesson 1")
    other = made(data_store=tmp_path / "a.db")
    stored = other.load("lesson 1")
    assert (stored.id, stored.name) == (identifier, "lesson 1")
    assert other.load(identifier).id == other.load().id == identifier
    assert {path.name for path in tmp_path.iterdir()} <= {"a.db", "a.db-wal", "a.db-shm"}
    with pytest.raises(NotFound):
        other.load("lesson 2")


@pytest.mark.parametrize("name", ["m.keras", "M.H5", "./web", "deep/folder", "m.hdf5"])
def test_a_text_with_an_ending_or_a_folder_is_a_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = trained(build, epochs=1)
    paths = model.save(name)
    assert all(path.is_file() for path in paths)
    other = made()
    assert other.load(name) is other
    with pytest.raises(FileNotFoundError):
        other.load(f"no/{name}")


def test_a_format_or_an_option_means_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = trained(build, epochs=1)
    assert model.save("web", format="tfjs")[0].name == "model.json"
    assert len(model.save("small", quantize="float16")) == 2
    other = made()
    assert other.load("web") is other  # no model in the store has that name
    identifier = model.save("web")
    assert other.load("web").id == identifier
    for call in (
        lambda: model.save("m.keras", {"a": 1}),
        lambda: model.save("m.keras", id="x"),
        lambda: model.save(format="keras"),
        lambda: model.load(tmp_path, "name"),
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "\ud800"])
def test_a_text_that_is_no_path_is_looked_for_in_the_store_alone(name):
    with pytest.raises((NotFound, ValueError)):
        made().load(name)


def test_files_are_read_as_those_of_other_models_are(tmp_path):
    model = trained(build, epochs=1)
    model.save(tmp_path / "m.keras")
    other = made()
    other.load_from_files(tmp_path / "m.keras", wait=False)
    assert other.predict(ROWS[0]["x"]).label in "abc"
    address = (tmp_path / "m.keras").as_uri()
    other.load_from_url(address)
    assert other.training.value.data == {"source": "url", "url": address}
    other.train(ROWS).wait(60)
    assert other.training.value.status == "success"


def test_a_failed_load_changes_neither_task_nor_parameters(tmp_path):
    one = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    numbers = KerasModel(one, task="regression")
    numbers.train([{"x": r["x"], "y": 1.0} for r in ROWS]).wait(60)
    numbers.save(tmp_path / "m.keras")
    model = trained(build, epochs=1)
    model.learning_rate, before = 0.25, model.predict(ROWS[0]["x"])
    data = (tmp_path / "m.keras").read_bytes()
    with pytest.raises(ModelFormatError):
        model.load([("m.keras", data[:-100])])
    assert (model.task, model.learning_rate) == ("classification", 0.25)
    assert model.predict(ROWS[0]["x"]) == before


def test_other_rows_than_those_of_a_loaded_model_are_refused():
    trained(build, epochs=1).save("of four")
    model = made(epochs=1)
    model.load("of four")
    with pytest.raises(ValueError, match="expected shape"):
        model.predict([1, 2, 3])
    with pytest.raises(TrainingError):
        model.train([{"x": [1.0, 2, 3], "y": "a"}, {"x": [1.0, 2, 4], "y": "b"}]).wait(60)
    with pytest.raises(TrainingError, match="labels: expected those"):
        model.train([{"x": ROWS[0]["x"], "y": "unknown"}] * 3).wait(60)
    assert model.predict(ROWS[0]["x"]).label in "abc"
