import json
from typing import Any

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, TrainingError
from marcelle_nb.models.pca import PCA
from tests.given_rows import GIVEN

XS = (np.random.default_rng(0).normal(size=(40, 5)) * [5, 3, 1, 0.5, 0.1] + 7).astype(np.float32)
ROWS = [{"x": x} for x in XS]


@pytest.fixture
def model():
    model = PCA()
    yield model
    model.close()


@pytest.mark.parametrize("given", GIVEN)
def test_rows_are_described_by_their_first_components(model, given):
    model.train(GIVEN[given](ROWS)).wait(60)
    centred = XS.astype(np.float64) - XS.astype(np.float64).mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    assert np.allclose(np.abs(model.predict_many(XS)), np.abs(centred @ directions.T))


def test_the_events_are_start_and_success_with_the_shares_of_all_components(model):
    seen: list[Any] = []
    model.training.subscribe(seen.append)
    model.train(ROWS).wait(60)
    assert [it.status for it in seen] == ["idle", "start", "success"]
    shares = seen[-1].data["explained_variance"]
    assert (len(shares), sum(shares)) == (5, pytest.approx(1))
    assert shares == sorted(shares, reverse=True)


def test_an_untrained_and_a_cleared_model_answer_none(model):
    assert (model.predict([1]), model.labels) == (None, [])
    model.train(ROWS).wait(60)
    model.clear()
    assert model.predict(XS[0]) is None
    model.train(ROWS).wait(60)
    assert len(model.predict(XS[0])) == 2


def test_the_number_of_components_is_read_when_a_training_begins(model):
    model.n_components = 4
    model.train(ROWS).wait(60)
    assert len(model.predict(XS[0])) == 4
    model.n_components = 5
    assert len(model.predict(XS[0])) == 4


@pytest.mark.parametrize(("rows", "most"), [(ROWS[:1], 1), ([{"x": [1]}, {"x": [2]}], 1)])
def test_more_components_than_there_are_are_refused(model, rows, most):
    with pytest.raises(TrainingError, match=f"n_components: expected at most {most}, the smaller"):
        model.train(rows).wait(60)


def test_equal_rows_explain_nothing(model):
    model.train([{"x": [1, 2, 3]}] * 4).wait(60)
    assert model.training.value.data["explained_variance"] == [0, 0, 0]
    assert model.predict([1, 2, 3]) == [0, 0]


def test_what_was_downloaded_and_saved_answers_the_same(model, tmp_path):
    model.train(ROWS).wait(60)
    (path,) = model.download(tmp_path)
    other, third = PCA(), PCA(data_store=model.data_store)
    other.upload(path)
    third.load(model.save("components"))
    assert other.predict_many(XS) == third.predict_many(XS) == model.predict_many(XS)


def test_the_file_is_marcelles(model, tmp_path):
    model.train(ROWS).wait(60)
    (path,) = model.download(tmp_path)
    document = json.loads(path.read_bytes())
    assert (path.name, document["format"]) == ("pca.json", "ml-pca")
    inner = document["metadata"]["PCAModel"]
    assert (inner["name"], inner["center"], inner["scale"]) == ("PCA", True, False)
    assert (np.shape(inner["U"]), np.shape(inner["means"]), np.shape(inner["S"])) == (
        (5, 2),
        (5,),
        (5,),
    )


WHOLE = {
    "name": "PCA",
    "center": True,
    "scale": False,
    "means": [1.0, 2.0],
    "stdevs": None,
    "U": [[1.0, 0.0], [0.0, 1.0]],
    "S": [3.0, 1.0],
    "excludedFeatures": [],
}


def test_a_seed_is_taken_and_changes_nothing():
    answers = []
    for seed in (None, 1, 2):
        model = PCA(seed=seed)
        model.train(ROWS).wait(60)
        answers.append(model.predict(ROWS[0]["x"]))
    assert answers[0] == answers[1] == answers[2]
    with pytest.raises(ValueError, match="seed"):
        PCA(seed=-1)


def uploaded(model, inner):
    document = {"name": "pca", "format": "ml-pca", "files": [], "metadata": {"PCAModel": inner}}
    model.upload(("pca.json", json.dumps(document).encode()))


def test_marcelles_own_file_with_all_components_is_read(model):
    uploaded(model, WHOLE)
    assert model.predict([4, 6]) == [3, 4]
    model.n_components = 1
    assert model.predict([4, 6]) == [3]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "KNN"},
        {"scale": True},
        {"center": False},
        {"excludedFeatures": [1]},
        {"means": [1.0]},
        {"means": ["a", "b"]},
        {"U": [[1.0], [0.0, 1.0]]},
        {"U": None},
        {"S": [3.0]},
        {"S": [3.0, -1.0]},
    ],
)
def test_a_file_that_does_not_fit_leaves_the_model_as_it_was(model, change):
    model.train(ROWS).wait(60)
    before = model.predict(XS[0])
    with pytest.raises(ModelFormatError):
        uploaded(model, WHOLE | change)
    assert model.predict(XS[0]) == before


@pytest.mark.parametrize("total", [10**400, -1, True, "much", [1, 2]])
def test_a_total_that_is_none_is_made_of_the_variances(model, total):
    metadata = {"PCAModel": WHOLE, "totalVariance": total}
    text = json.dumps({"name": "pca", "format": "ml-pca", "metadata": metadata})
    model.upload(("pca.json", text.encode()))
    assert model.predict([4, 6]) == [3, 4]


@pytest.mark.parametrize("key", ["excludedFeatures", "name", "means"])
def test_a_document_with_arrays_where_none_belong_is_no_model(model, key, store):
    service = store.service("pca")
    metadata = {"PCAModel": WHOLE | {key: np.ones((2, 3))}}
    identifier = service.create({"name": "pca", "format": "ml-pca", "metadata": metadata})["id"]
    with pytest.raises(ModelFormatError):
        model.load(store, identifier)
    service.remove(None)
