from typing import Any

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, TrainingError
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.mlp_regressor import MLPRegressor
from tests.eventually import eventually
from tests.given_rows import GIVEN, recorded

XS = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
SUMS = [{"x": x, "y": float(x.sum())} for x in XS]
PAIRS = [{"x": x, "y": [float(x.sum()), float(x[0])]} for x in XS]


@pytest.fixture
def model():
    model = MLPRegressor(units=[16], epochs=40, seed=0)
    yield model
    model.close()


@pytest.mark.parametrize("given", GIVEN)
def test_a_number_is_learned_from_whatever_iterates(model, given):
    model.train(GIVEN[given](SUMS)).wait(60)
    assert model.predict(XS[0]) == pytest.approx(SUMS[0]["y"], abs=0.3)


@pytest.mark.parametrize("given", GIVEN)
def test_a_list_of_numbers_is_learned_from_whatever_iterates(model, given):
    model.train(GIVEN[given](PAIRS)).wait(60)
    assert model.predict(XS[0]) == pytest.approx(PAIRS[0]["y"], abs=0.3)
    assert isinstance(model.predict(XS[0]), list)


def test_an_untrained_model_answers_none(model):
    assert (model.predict([1]), model.predict_many([[1], [2]])) == (None, [None, None])
    assert (model.ready, model.labels) == (False, [])


def test_a_cleared_model_answers_none_and_learns_again(model):
    model.train(SUMS).wait(60)
    model.clear()
    assert model.predict(XS[0]) is None
    model.train(SUMS).wait(60)
    assert isinstance(model.predict(XS[0]), float)


def test_the_figures_are_errors_in_the_order_of_a_classifier(model):
    seen: list[Any] = []
    model.training.subscribe(seen.append)
    model.train(SUMS).wait(60)
    keys = ["loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error"]
    assert [it.status for it in seen] == ["idle", "start", *["epoch"] * 40, "success"]
    assert [it.epoch for it in seen[2:-1]] == list(range(1, 41))
    assert list(seen[2].data) == keys
    assert {key: len(values) for key, values in seen[-1].data.items()} == dict.fromkeys(keys, 40)


def test_without_a_split_there_are_no_validation_figures():
    model = MLPRegressor(units=[], epochs=1, validation_split=0)
    model.train(SUMS).wait(60)
    assert list(model.training.value.to_dict()["data"]) == ["loss", "mean_absolute_error"]


def test_one_row_trains_and_none_validates():
    model = MLPRegressor(epochs=1, validation_split=1)
    model.train(SUMS[:1]).wait(60)
    assert list(model.training.value.to_dict()["data"]) == ["loss", "mean_absolute_error"]


def test_the_validation_figures_are_those_of_the_validation_dataset(model):
    model.epochs = 3
    run = model.train(SUMS, validation_dataset=recorded(SUMS[:10])).wait(60)
    errors = [model.predict(row["x"]) - row["y"] for row in SUMS[:10]]
    assert run.history["val_loss"][-1] == pytest.approx(np.mean(np.square(errors)), rel=1e-4)
    assert run.history["val_mean_absolute_error"][-1] == pytest.approx(
        np.mean(np.abs(errors)), rel=1e-4
    )


@pytest.mark.parametrize("rows", [SUMS, PAIRS])
def test_the_same_seed_gives_the_same_numbers_bit_by_bit(rows):
    answers = []
    for _ in range(2):
        model = MLPRegressor(epochs=3, seed=7)
        model.train(rows).wait(60)
        answers.append(model.predict_many(XS))
    assert answers[0] == answers[1]


BAD = {
    "at least one instance": [],
    r"y of instance number 2: expected a number or a list of numbers, got 'cat'": [
        SUMS[0],
        {"x": [1, 2, 3], "y": "cat"},
    ],
    r"y of instance number 2: expected a number or a list of numbers, got none": [
        SUMS[0],
        {"x": [1, 2, 3]},
    ],
    r"y of instance number 2: expected 2 numbers, as of the first": [PAIRS[0], SUMS[0]],
}


@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_learned_is_an_error_alone(model, message):
    seen = []
    model.training.subscribe(lambda status: seen.append(status.status))
    with pytest.raises(TrainingError, match=message):
        model.train(BAD[message]).wait(60)
    assert seen == ["idle", "error"]


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (PAIRS, "validation_dataset: expected 1 numbers as y, got 2"),
        ([{"x": [1], "y": 1}], "validation_dataset: expected 3 numbers an instance, got 1"),
    ],
)
def test_other_validation_rows_are_refused(model, validation, message):
    with pytest.raises(TrainingError, match=message):
        model.train(SUMS, validation).wait(60)


def test_a_cancelled_run_keeps_what_it_has_reached():
    model = MLPRegressor(epochs=100_000)
    run = model.train(SUMS)
    eventually(lambda: model.ready)
    run.cancel()
    run.wait(20)
    assert model.training.value.to_dict()["data"]["stopped"] is True
    assert isinstance(model.predict(XS[0]), float)


def test_another_version_of_features_is_refused(model):
    model.train([{"x": FeatureVector(row["x"], "v1"), "y": row["y"]} for row in SUMS]).wait(60)
    with pytest.raises(ValueError, match="version 'v1', got 'v2'"):
        model.predict(FeatureVector(XS[0], "v2"))


@pytest.mark.parametrize("rows", [SUMS, PAIRS])
def test_what_was_downloaded_and_saved_answers_the_same(model, rows, tmp_path):
    model.train(rows).wait(60)
    files = model.download(tmp_path)
    assert [path.name for path in files] == ["mlpregressor.json", "mlpregressor.weights.bin"]
    other, third = MLPRegressor(), MLPRegressor(data_store=model.data_store)
    other.upload(*files)
    third.load(model.save("numbers"))
    assert other.predict_many(XS) == third.predict_many(XS) == model.predict_many(XS)


def test_damaged_files_leave_the_model_as_it_was(model, tmp_path):
    model.train(SUMS).wait(60)
    before, files = model.predict(XS[0]), model.download(tmp_path)
    files[1].write_bytes(files[1].read_bytes()[:-4])
    with pytest.raises(ModelFormatError):
        model.upload(*files)
    assert model.predict(XS[0]) == before


def test_a_classifier_is_none_whatever_it_is_called(model, tmp_path, store):
    classifier = MLP(layers=[4], epochs=1)
    classifier.train([{"x": x, "y": "ab"[n % 2]} for n, x in enumerate(XS)]).wait(60)
    model.train(SUMS).wait(60)
    before = model.predict(XS[0])
    with pytest.raises(ModelFormatError, match="got a classifier"):
        model.upload(*classifier.download(tmp_path))
    classifier.save(store, "of both")
    with pytest.raises(ModelFormatError, match="got a classifier"):
        model.load(store, "of both")
    assert model.predict(XS[0]) == before
    model.save(store, "of both")
    with pytest.raises(ModelFormatError, match="is for an MLPRegressor"):
        classifier.load(store, "of both")


def test_a_number_under_the_key_of_the_first_versions_is_learned_from(model):
    early = [{"features": it["x"].tolist(), "label": it["y"]} for it in SUMS]
    model.train(recorded(early)).wait(60)
    expected = model.predict(XS[0])
    for rows in (SUMS, early):
        model.train(rows).wait(60)
        assert model.predict(XS[0]) == pytest.approx(expected, rel=1e-4)
