import time

import marcelle_nb as mnb
from marcelle_nb.models.knn import KNN
from tests import model_writers
from tests.eventually import eventually

ONE = [{"x": [0, 1], "y": "one"}]
TWO = [{"x": [0, 1], "y": "two"}]


def test_a_model_of_another_process_is_followed(tmp_path):
    place = str(tmp_path / "a.db")
    with mnb.data_store(place) as store:
        model = KNN().sync(store, "killed")
        process = model_writers.start(model_writers.sync_forever, place, str(tmp_path / "told"))
        eventually(lambda: model.labels)
        first = model.labels
        eventually(lambda: model.labels != first)
        process.kill()
        process.join()
        time.sleep(0.5)
        assert store.service("knn-classifier-models").count() == 1
        fresh = KNN()
        fresh.load(store, "killed")
        eventually(lambda: model.labels == fresh.labels)
        model.close()


def test_two_kernels_that_begin_at_once_make_one_document(tmp_path):
    with mnb.data_store(tmp_path / "a.db") as store:
        models = [KNN(), KNN()]
        for model, rows in zip(models, (ONE, TWO), strict=True):
            model.sync(store, "n")
            assert model._sync is not None
            model._sync._id = None  # as if neither had heard of the other
            model.train(rows).wait(20)
        assert store.service("knn-classifier-models").count() == 1
        eventually(lambda: models[0].labels == ["two"])


def test_a_model_of_another_name_under_the_id_stays(tmp_path):
    with mnb.data_store(tmp_path / "a.db") as store:
        model = KNN().sync(store, "n")
        model.train(ONE).wait(20)
        identifier = next(iter(store.service("knn-classifier-models").items()))["id"]
        store.service("knn-classifier-models").patch(identifier, {"name": "renamed"})
        other = KNN().sync(store, "n")
        other.train(TWO).wait(20)
        names = [it["name"] for it in store.service("knn-classifier-models").items()]
        assert names == ["renamed", "n"]


def test_what_cannot_be_read_is_told_and_the_model_stays(tmp_path):
    with mnb.data_store(tmp_path / "a.db") as store:
        model = KNN().sync(store, "n")
        model.train(ONE).wait(20)
        service = store.service("knn-classifier-models")
        service.patch(
            next(iter(service.items()))["id"], {"metadata": {"labels": ["x"], "data": {}}}
        )
        eventually(lambda: "not loaded" in model.alert.value)
        assert model.labels == ["one"]
        model.train(TWO).wait(20)
        assert KNN().load(store, "n").metadata["labels"] == ["two"]


def test_a_second_sync_ends_the_first(tmp_path):
    with mnb.data_store(tmp_path / "a.db") as store:
        model = KNN().sync(store, "first")
        model.train(ONE).wait(20)
        model.sync(store, "second")
        model.train(TWO).wait(20)
        assert KNN().load(store, "first").metadata["labels"] == ["one"]
        assert KNN().load(store, "second").metadata["labels"] == ["two"]


def test_a_cleared_run_is_not_saved(tmp_path):
    with mnb.data_store(tmp_path / "a.db") as store:
        model = KNN().sync(store, "n")
        model.train(ONE).wait(20)
        model.clear()
        assert KNN().load(store, "n").metadata["labels"] == ["one"]


def test_an_older_service_is_read_and_the_newer_one_written(tmp_path):
    with mnb.data_store(tmp_path / "a.db") as store:
        old = {"name": "n", "url": "", "metadata": {"labels": ["old"], "data": {"old": [[1, 0]]}}}
        store.service("knn-models").create(old)
        model = KNN().sync(store, "n")
        assert model.labels == ["old"]
        model.train(ONE).wait(20)
        assert KNN().load(store, "n").metadata["labels"] == ["one"]
        assert store.service("knn-models").count() == 1
