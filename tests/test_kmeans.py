import json
from typing import Any

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, TrainingError
from marcelle_nb.models.clustering_results import ClusteringResults
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.kmeans import KMeans
from tests.given_rows import GIVEN

RNG = np.random.default_rng(0)
XS = np.concatenate([RNG.normal(centre, 0.2, (30, 4)) for centre in (0, 5, -5)])
ROWS = [{"x": x} for x in XS]


@pytest.fixture
def model():
    model = KMeans(k=3, seed=0)
    yield model
    model.close()


@pytest.mark.parametrize("given", GIVEN)
def test_rows_without_labels_are_put_together(model, given):
    model.train(GIVEN[given](ROWS)).wait(60)
    clusters = model.clusters.value
    assert [len(set(clusters[i : i + 30])) for i in (0, 30, 60)] == [1, 1, 1]
    assert len(set(clusters)) == 3
    means = [XS[np.array(clusters) == i].mean(axis=0) for i in range(3)]
    assert np.allclose(model.centers.value, means, atol=1e-5)


def test_the_events_are_start_and_success(model):
    seen: list[Any] = []
    model.training.subscribe(seen.append)
    model.train(ROWS).wait(60)
    assert [(it.status, it.epochs) for it in seen[1:]] == [("start", 1), ("success", None)]


def test_whoever_hears_of_a_success_finds_its_centers(model):
    seen = []
    model.training.subscribe(lambda it: seen.append((it.status, len(model.centers.value))))
    model.train(ROWS).wait(60)
    assert seen == [("idle", 0), ("start", 0), ("success", 3)]


def test_an_untrained_model_answers_with_no_cluster(model):
    assert model.predict([1]).to_dict() == {"cluster": None, "confidences": {}}
    assert (model.centers.value, model.clusters.value, model.labels) == ([], [], [])


def test_a_training_replaces_the_one_before(model):
    model.train(ROWS).wait(60)
    model.train([{"x": [i, 0, 0]} for i in range(9)]).wait(60)
    assert (len(model.clusters.value), len(model.centers.value[0])) == (9, 3)


def test_a_cleared_model_knows_nothing_and_learns_again(model):
    model.train(ROWS).wait(60)
    model.clear()
    assert (model.predict(XS[0]), model.centers.value) == (ClusteringResults(), [])
    model.train(ROWS).wait(60)
    assert model.predict(XS[0]).cluster == model.clusters.value[0]


def test_the_nearest_center_has_the_highest_confidence(model):
    model.train(ROWS).wait(60)
    for x, result in zip(XS, model.predict_many(XS), strict=True):
        distances = np.linalg.norm(np.array(model.centers.value) - x, axis=1)
        shares = np.exp(-distances) / np.exp(-distances).sum()
        assert result.cluster == distances.argmin()
        assert list(result.confidences) == ["0", "1", "2"]
        assert list(result.confidences.values()) == pytest.approx(shares, rel=1e-4)


@pytest.mark.parametrize("far", [1e3, 1e6, 1e30])
def test_however_far_a_row_is_the_nearest_center_is_found(model, far):
    model.train(ROWS).wait(60)
    result = model.predict([far] * 4)
    nearest = int(np.argmax(np.array(model.centers.value)[:, 0]))
    if far < 1e10:
        assert result.cluster == nearest
    assert sum(result.confidences.values()) == pytest.approx(1)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_same_seed_gives_the_same_clusters(seed):
    found = []
    for _ in range(2):
        model = KMeans(k=5, seed=seed)
        model.train(ROWS).wait(60)
        found.append((model.centers.value, model.clusters.value))
    assert found[0] == found[1]


@pytest.mark.parametrize("k", [1, 90])
def test_as_few_and_as_many_clusters_as_can_be(k):
    model = KMeans(k=k, seed=0)
    model.train(ROWS).wait(60)
    assert sorted(set(model.clusters.value)) == list(range(k))


def test_equal_rows_are_no_trouble():
    model = KMeans(k=3, seed=0)
    model.train([{"x": [1, 2]}] * 5).wait(60)
    assert model.centers.value == [[1, 2]] * 3
    assert model.predict([1, 2]).cluster == 0


def test_more_clusters_than_rows_are_refused(model):
    with pytest.raises(TrainingError, match="k: expected at most 2, the number of rows, got 3"):
        model.train(ROWS[:2]).wait(60)
    assert model.training.value.status == "error"


def test_images_are_clustered():
    images = [np.full((4, 4, 3), value, np.uint8) for value in (0, 1, 254, 255)]
    model = KMeans(k=2, seed=0)
    model.train([{"x": image} for image in images]).wait(60)
    a, b, c, d = model.clusters.value
    assert a == b != c == d
    assert model.predict(images[0]).cluster == a


def test_another_version_of_features_is_refused(model):
    model.train([{"x": FeatureVector(x, "v1")} for x in XS]).wait(60)
    with pytest.raises(ValueError, match="version 'v1', got 'v2'"):
        model.predict(FeatureVector(XS[0], "v2"))


def test_what_was_downloaded_and_saved_answers_the_same(model, tmp_path):
    model.train(ROWS).wait(60)
    (path,) = model.download(tmp_path)
    other, third = KMeans(), KMeans(data_store=model.data_store)
    other.upload(path)
    third.load(model.save("groups"))
    for loaded in (other, third):
        assert loaded.predict_many(XS) == model.predict_many(XS)
        assert loaded.centers.value == model.centers.value
        assert loaded.clusters.value == model.clusters.value


def test_the_file_is_marcelles(model, tmp_path):
    model.train(ROWS).wait(60)
    (path,) = model.download(tmp_path, {"note": "mine"})
    document = json.loads(path.read_bytes())
    assert path.name == "k-means-clustering.json"
    assert (document["name"], document["format"], document["files"]) == (
        "k-means-clustering",
        "ml-kmeans",
        [],
    )
    assert document["metadata"] == {
        "clusters": model.clusters.value,
        "centers": model.centers.value,
        "note": "mine",
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"centers": []},
        {"centers": [[1], [1, 2]]},
        {"centers": [["a"]]},
        {"centers": [[1]], "clusters": [1]},
        {"centers": [[1]], "clusters": [0.5]},
        {"centers": [[1]], "clusters": [1e300]},
        {"centers": [[1]], "clusters": "no"},
        {"centers": [[1e200]], "clusters": [0]},
        {"centers": [[1]], "features": 5},
    ],
)
def test_a_file_that_is_no_clustering_leaves_the_model_as_it_was(model, metadata):
    model.train(ROWS).wait(60)
    data = json.dumps({"name": "m", "format": "ml-kmeans", "metadata": metadata}).encode()
    with pytest.raises(ModelFormatError):
        model.upload(("m.json", data))
    assert (len(model.centers.value), model.predict(XS[0]).cluster) == (3, model.clusters.value[0])


def test_marcelles_own_file_is_read():
    document = {"name": "k-means-clustering", "files": [], "format": "ml-kmeans"}
    metadata = {"clusters": [0, 1, 0], "centers": [[0.5, 1], [3, 4]]}
    model = KMeans()
    model.upload(("k.json", json.dumps({**document, "metadata": metadata}).encode()))
    assert (model.predict([3, 3]).cluster, model.clusters.value) == (1, [0, 1, 0])
    model.close()


@pytest.mark.parametrize("given", GIVEN)
def test_all_instances_are_predicted_at_once(model, given):
    model.train(ROWS).wait(60)
    assert model.batch_predict(GIVEN[given](ROWS)) == model.predict_many(XS)
    assert model.batch_predict(XS) == model.predict_many(XS)
    assert model.batch_predict([]) == []
