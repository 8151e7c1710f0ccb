import builtins
import sys
from typing import Any

import numpy as np
import pytest

from marcelle_nb.components.training_history import TrainingHistory
from marcelle_nb.errors import TrainingError, UnsupportedByModel
from marcelle_nb.message import Message
from marcelle_nb.models.umap import UMAP

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
XS = np.concatenate([RNG.normal(centre, 1, (20, 6)) for centre in (0, 9, 18)]).astype(np.float32)
ROWS = [{"x": x, "y": "abc"[i // 20]} for i, x in enumerate(XS)]


def trained(rows=ROWS, **options):
    model = UMAP(**{"seed": 1, "n_neighbors": 8} | options)
    model.train(rows).wait(250)
    return model


def embedding(model):
    return model.training.value.data["embedding"]


@pytest.fixture(scope="module")
def model():
    return trained()


def test_near_rows_stay_near(model):
    placed = embedding(model)
    centres = [placed[i : i + 20].mean(axis=0) for i in (0, 20, 40)]
    nearest = [np.argmin([np.linalg.norm(it - centre) for centre in centres]) for it in placed]
    assert nearest == [i // 20 for i in range(60)]


def test_new_rows_are_placed_near_those_that_they_are_like(model):
    placed = np.array(model.predict_many(XS[:5] + 0.01))
    assert placed.shape == (5, 2)
    assert np.linalg.norm(placed - embedding(model)[:5], axis=1).max() < 3
    assert isinstance(model.predict(XS[0] + 0.01), list)


def test_every_epoch_tells_where_the_rows_are():
    model, seen = UMAP(seed=1, n_neighbors=8), list[Any]()
    model.training.subscribe(seen.append)
    model.train(ROWS).wait(250)
    assert [it.status for it in seen] == ["idle", "start", *["epoch"] * 500, "success"]
    assert [it.epoch for it in seen[2:-1]] == list(range(1, 501))
    assert {it.data["embedding"].shape for it in seen[2:]} == {(60, 2)}
    assert not np.array_equal(seen[2].data["embedding"], seen[200].data["embedding"])
    assert np.array_equal(seen[-2].data["embedding"], seen[-1].data["embedding"])
    assert not seen[-1].data["embedding"].flags.writeable


def test_what_the_page_is_told_is_short(model):
    assert all("embedding" not in entry["data"] for _, entry in model.log.since(0)[0])
    assert "embedding" not in dict(model._summary())


def test_the_same_seed_gives_the_same_map(model):
    other = trained()
    assert np.array_equal(embedding(model), embedding(other))
    assert model.predict_many(XS[:3] + 0.1) == other.predict_many(XS[:3] + 0.1)


@pytest.mark.parametrize(
    "option", [{"min_dist": 0.9}, {"spread": 4.0}, {"n_neighbors": 3}, {"supervised": True}]
)
def test_every_parameter_counts(model, option):
    assert not np.allclose(embedding(model), embedding(trained(**option)), atol=0.1)


def test_the_map_has_as_many_dimensions_as_asked_for():
    model = trained(n_components=3)
    assert (embedding(model).shape, len(model.predict(XS[0] + 1))) == ((60, 3), 3)


def test_rows_of_one_label_are_pulled_together_and_those_without_are_not():
    rng = np.random.default_rng(1)
    mixed = [{"x": rng.normal(size=5), "y": "ab"[i % 2] if i < 40 else None} for i in range(50)]
    placed = [embedding(trained(mixed, supervised=value))[:40] for value in (False, True)]
    apart = [np.linalg.norm(it[::2].mean(axis=0) - it[1::2].mean(axis=0)) for it in placed]
    assert apart[1] > 2 * apart[0]


def test_rows_need_no_labels_where_it_is_not_supervised():
    assert embedding(trained([{"x": x} for x in XS])).shape == (60, 2)


def test_one_map_places_a_row_at_the_same_point_each_time():
    model = trained(seed=None)
    row = XS[0] + 0.5
    assert model.predict(row) == model.predict(row)
    assert model.predict_many(XS[:9] + 0.1) == model.predict_many(XS[:9] + 0.1)


def test_its_trainings_are_recorded_without_an_alert():
    history = TrainingHistory("memory").track(model := UMAP(seed=1, n_neighbors=8), "map")
    model.train(ROWS).wait(250)
    assert history.alert.value == ""
    assert history.get("map-1")["checkpoints"] == []


def test_without_a_seed_it_learns_too():
    assert np.isfinite(embedding(trained(seed=None))).all()


def test_an_untrained_and_a_cleared_model_answer_none():
    model = trained()
    model.clear()
    assert (model.predict(XS[0]), model.labels, model.ready) == (None, [], False)
    model.train(ROWS).wait(250)
    assert model.predict(XS[0]) is not None


def test_a_cancelled_run_keeps_the_map_that_it_has_reached():
    model, seen = UMAP(seed=0, n_neighbors=8), list[str]()

    def follow(status):
        seen.append(status.status)
        if status.epoch == 5:
            model._on_cancel(Message({"kind": "cancel", "run": model._run_number}))

    model.training.subscribe(follow)
    model.train(ROWS).wait(250)
    assert seen == ["idle", "start", *["epoch"] * 5, "success"]
    assert model.training.value.to_dict()["data"]["stopped"] is True
    assert model.predict(XS[0] + 1) is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_neighbors": 60}, "n_neighbors: expected fewer than the 60 rows, got 60"),
        ({"min_dist": 2.0}, "min_dist: expected at most spread, 1.0, got 2.0"),
        ({"n_components": 59}, "n_components: expected at most 58 for 60 rows, got 59"),
    ],
)
def test_what_cannot_be_mapped_is_an_error_alone(options, message):
    model, seen = UMAP(**options), []
    model.training.subscribe(lambda status: seen.append(status.status))
    with pytest.raises(TrainingError, match=message):
        model.train(ROWS).wait(250)
    assert seen == ["idle", "error"]


def test_without_the_package_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "umap":
            raise ImportError("No module named 'umap'")
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "umap", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    model = UMAP()
    with pytest.raises(TrainingError, match=r"pip install 'marcelle-nb\[umap\]'"):
        model.train(ROWS).wait(250)
    assert model.training.value.status == "error"


@pytest.mark.parametrize("what", ["save", "load", "download", "upload", "sync"])
def test_it_says_that_it_cannot_be_kept(model, what):
    with pytest.raises(UnsupportedByModel, match=f"UMAP: expected train or predict, got {what}"):
        getattr(model, what)("name")
    assert not model._synced()["can_save"].value
