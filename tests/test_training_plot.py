import gc
import weakref
from typing import Any

import numpy as np
import pytest

from marcelle_nb.components.training_plot import TrainingPlot
from marcelle_nb.data.data_store import DataStore
from marcelle_nb.models.kmeans import KMeans
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.mlp import MLP
from marcelle_nb.models.mlp_regressor import MLPRegressor
from marcelle_nb.models.pca import PCA
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.models.umap import UMAP
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"
ROWS = [{"x": [n % 2, n], "y": "ab"[n % 2]} for n in range(12)]
NUMBERS = [{"x": [n / 12], "y": n / 12} for n in range(12)]


class Trained:
    """Any object that tells how it trains."""

    def __init__(self):
        self.training = Stream(TrainingStatus())

    def tell(self, status, epoch=None, epochs=None, **data):
        self.training.set(TrainingStatus(status, epoch, epochs, data or None))


@pytest.fixture
def model():
    return Trained()


@pytest.fixture
def plot(model):
    plot = TrainingPlot(model)
    yield plot
    plot.close()


def rows(plot):
    return plot._rows()


def notes(plot):
    return {chart["name"]: chart["note"] for chart in plot._charts.value}


# What is drawn


def test_an_epoch_adds_a_point_to_each_curve(plot, model):
    model.tell("start", epochs=20)
    model.tell("epoch", 1, 20, loss=1.0, accuracy=0.5)
    model.tell("epoch", 2, 20, loss=0.5, accuracy=1)
    assert rows(plot) == {1: {"loss": 1.0, "accuracy": 0.5}, 2: {"loss": 0.5, "accuracy": 1.0}}


def test_a_start_clears_the_curves(plot, model):
    model.tell("epoch", 1, 20, loss=1.0)
    model.tell("start", epochs=20)
    assert rows(plot) == {}


def test_a_model_that_was_cleared_has_no_curves(plot, model):
    model.tell("epoch", 1, 20, loss=1.0)
    model.tell("idle")
    assert rows(plot) == {}


def test_a_list_replaces_a_curve(plot, model):
    model.tell("start", epochs=2)
    for epoch in (1, 2):
        model.tell("epoch", epoch, 2, loss=9.0, accuracy=0.5)
    model.tell("success", loss=[1.0, 0.5])
    assert rows(plot) == {1: {"loss": 1.0, "accuracy": 0.5}, 2: {"loss": 0.5, "accuracy": 0.5}}


@pytest.mark.parametrize("values", [[3, 2, 1], (3.0, 2.0, 1.0), np.array([3, 2, 1], np.float32)])
def test_a_list_alone_is_a_whole_curve(plot, model, values):
    model.tell("start")
    model.tell("success", loss=values)
    assert rows(plot) == {1: {"loss": 3.0}, 2: {"loss": 2.0}, 3: {"loss": 1.0}}


def test_a_shorter_or_longer_list_leaves_the_other_curves(plot, model):
    model.tell("start")
    for epoch in (1, 2):
        model.tell("epoch", epoch, 2, loss=9.0, accuracy=0.5)
    model.tell("success", loss=[3.0], val_loss=[1.0, 2.0, 3.0])
    assert rows(plot) == {
        1: {"loss": 3.0, "val_loss": 1.0, "accuracy": 0.5},
        2: {"val_loss": 2.0, "accuracy": 0.5},
        3: {"val_loss": 3.0},
    }


def test_the_history_that_is_there_already_is_not_sent_again(plot, model):
    model.tell("start")
    model.tell("epoch", 1, 1, loss=1.0)
    before = plot.log.newest
    model.tell("success", loss=[1.0])
    assert plot.log.newest == before + 1


def test_epochs_without_a_number_are_counted(plot, model):
    for loss in (3.0, 2.0):
        model.tell("epoch", loss=loss)
    assert rows(plot) == {1: {"loss": 3.0}, 2: {"loss": 2.0}}


def test_a_first_epoch_without_a_start_begins_anew(plot, model):
    for epoch in (1, 2, 3, 1):
        model.tell("epoch", epoch, 3, loss=float(epoch))
    assert rows(plot) == {1: {"loss": 1.0}}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("nan"), None])
def test_a_loss_that_blew_up_is_a_gap(plot, model, bad):
    model.tell("epoch", 1, 3, loss=bad, accuracy=0.5)
    assert rows(plot) == {1: {"loss": None, "accuracy": 0.5}}


@pytest.mark.parametrize("bad", ["text", True, {"a": 1}, object(), np.zeros((3, 2)), ["a"]])
def test_what_is_no_number_is_not_drawn(plot, model, bad):
    model.tell("epoch", 1, 3, loss=1.0, other=bad)
    assert rows(plot) == {1: {"loss": 1.0}}
    assert plot.logs == {"loss": ["loss", "val_loss"]}


# Which charts


def test_there_is_a_chart_for_loss_and_one_for_accuracy(plot):
    assert plot.logs == {
        "loss": ["loss", "val_loss"],
        "accuracy": ["accuracy", "val_accuracy"],
    }


@pytest.mark.parametrize(
    ("logs", "charts"),
    [
        ("loss", {"loss": ["loss"]}),
        (["loss", "lr"], {"loss": ["loss"], "lr": ["lr"]}),
        ({"Loss": "loss"}, {"Loss": ["loss"]}),
        ({"both": ("loss", "lr", "loss")}, {"both": ["loss", "lr"]}),
    ],
)
def test_logs_say_what_is_drawn(model, logs, charts):
    assert TrainingPlot(model, logs).logs == charts


@pytest.mark.parametrize("bad", [{}, [], {"a": []}, "", {"": "loss"}, ["x" * 201]])
def test_no_charts_are_refused(model, bad):
    with pytest.raises(ValueError, match=r"logs.*: expected (at least one|1 to 200)"):
        TrainingPlot(model, bad)


@pytest.mark.parametrize("bad", [3, True, [3], {"a": 3}, {3: "a"}, {"a": [None]}, [["loss"]]])
def test_logs_of_another_type_are_refused(model, bad):
    with pytest.raises(TypeError, match=r"logs.*: expected"):
        TrainingPlot(model, bad)


def test_an_unknown_key_makes_a_chart_with_a_note_and_drops_no_other(model):
    plot = TrainingPlot(model, {"one": ["nothing"], "two": ["loss"]})
    model.tell("epoch", 1, 2, loss=1.0, accuracy=0.5)
    assert rows(plot) == {1: {"loss": 1.0}}
    assert notes(plot) == {
        "one": "Not told: nothing. The training tells loss, accuracy.",
        "two": "",
    }


def test_before_the_first_epoch_a_note_says_so(plot, model):
    assert set(notes(plot).values()) == {"No epochs yet."}
    model.tell("epoch", 1, 2, loss=1.0)
    assert notes(plot) == {"loss": ""}


# Models


def wait(model, data):
    model.train(data).wait(60)
    return model


def test_an_mlp_is_drawn_as_its_history_says():
    model = MLP(epochs=4, layers=[], seed=0)
    plot = TrainingPlot(model)
    history = model.train(ROWS).wait(60).history
    drawn = rows(plot)
    assert [*drawn] == [1, 2, 3, 4]
    for key, values in history.items():
        assert [drawn[epoch][key] for epoch in drawn] == values
    model.close()


def test_a_plot_that_is_made_late_has_every_epoch():
    model = wait(MLP(epochs=4, layers=[], seed=0), ROWS)
    assert [*rows(TrainingPlot(model))] == [1, 2, 3, 4]


def test_a_plot_that_is_made_during_a_training_has_every_epoch():
    model = MLP(epochs=60, layers=[], seed=0)
    plots = list[Any]()
    model.training.subscribe(
        lambda it: plots.append(TrainingPlot(model)) if it.epoch in {2, 30, 59} else None
    )
    history = wait(model, ROWS).training.value.data
    assert len(plots) == 3
    for plot in plots:
        assert [row["loss"] for row in rows(plot).values()] == history["loss"]


def test_a_regressor_is_drawn_with_the_metrics_that_it_has():
    plot = TrainingPlot(wait(MLPRegressor(epochs=3, units=[]), NUMBERS))
    assert [*plot.logs] == ["loss", "mean_absolute_error"]
    assert set(notes(plot).values()) == {""}


@pytest.mark.parametrize(
    "make",
    [KNN, lambda: KMeans(k=2), lambda: PCA(n_components=1), lambda: UMAP(n_neighbors=3)],
    ids=["knn", "kmeans", "pca", "umap"],
)
def test_a_model_that_measures_nothing_has_a_sentence_and_no_charts(make):
    model = make()
    plot = TrainingPlot(model)
    for trained in (False, True):
        if trained:
            wait(model, [{**row, "x": [*row["x"], 0]} for row in ROWS])
        assert (
            plot._sentence.value == f"{model.title} has no curves: its training tells no numbers."
        )
        assert (plot.logs, plot._charts.value) == ({}, [])
        assert not any(rows(plot).values())
        assert plot._sentence.value in plot.static_html()
    model.close()


def test_charts_of_such_a_model_that_were_asked_for_say_so():
    plot = TrainingPlot(wait(KNN(), ROWS), "loss")
    assert notes(plot) == {"loss": "The training told no numbers."}
    assert plot._sentence.value == ""


def test_an_object_whose_training_told_no_numbers_has_a_sentence_in_the_end(plot, model):
    model.tell("start", epochs=1)
    assert (plot._sentence.value, len(plot.logs)) == ("", 2)
    model.tell("success")
    assert (plot._sentence.value, plot.logs) == ("The training told no numbers.", {})
    model.tell("start", epochs=1)
    model.tell("epoch", 1, 1, loss=1.0)
    assert (plot._sentence.value, [*plot.logs]) == ("", ["loss"])


def test_a_model_that_was_loaded_has_no_curves(plot, model):
    page = FakePage(plot)
    for epoch in (1, 2):
        model.tell("epoch", epoch, 2, loss=1.0)
    model.tell("success", loss=[1.0, 1.0])
    model.tell("loading")
    assert len(rows(plot)) == 2
    model.tell("loaded")
    assert rows(plot) == {}
    assert set(notes(plot).values()) == {"A model that was loaded has no curves."}
    eventually(lambda: [entry["status"] for entry in page.log()][-1:] == ["loaded"])
    assert len(plot.log.since(0)[0]) == 1
    model.tell("epoch", 1, 2, loss=3.0)
    assert rows(plot) == {1: {"loss": 3.0}}


def test_a_plot_that_is_made_after_a_load_has_no_curves_either(tmp_path):
    model = wait(MLP(epochs=2, layers=[], seed=0), ROWS)
    store = DataStore(tmp_path / "a.db")
    model.load(store, model.save(store, "a"))
    assert rows(TrainingPlot(model)) == {}
    store.close()


@pytest.mark.parametrize(
    "names",
    [
        ("loss", "lossVal", "acc", "accVal"),
        ("loss", "lossVal", "accuracy", "accuracyVal"),
        ("loss", "val_loss", "accuracy", "val_accuracy"),
    ],
)
@pytest.mark.parametrize("told", [("loss", "lossVal", "acc", "accVal"), None])
def test_metrics_have_the_names_of_any_marcelle(model, names, told):
    own = ("loss", "val_loss", "accuracy", "val_accuracy")
    plot = TrainingPlot(model, {"loss": list(names[:2]), "accuracy": list(names[2:])})
    model.tell("epoch", 1, 2, **dict.fromkeys(told or own, 0.5))
    assert plot.logs == {"loss": [*own[:2]], "accuracy": [*own[2:]]}
    assert rows(plot) == {1: dict.fromkeys(own, 0.5)}
    assert set(notes(plot).values()) == {""}
    model.tell("success", **{key: [0.25] for key in told or own})
    assert rows(plot) == {1: dict.fromkeys(own, 0.25)}


def test_two_metrics_of_a_model_stay_two(model):
    plot = TrainingPlot(model, ["acc", "accuracy"])
    model.tell("epoch", 1, 2, acc=0.25, accuracy=0.5)
    assert rows(plot) == {1: {"acc": 0.25, "accuracy": 0.5}}
    assert plot.logs == {"acc": ["acc"], "accuracy": ["accuracy"]}


def test_a_second_training_replaces_the_first():
    model = wait(MLP(epochs=4, layers=[], seed=0), ROWS)
    plot = TrainingPlot(model)
    model.epochs = 2
    wait(model, ROWS)
    assert [*rows(plot)] == [1, 2]


# The page


def entries(page):
    """The points, as a page puts them together."""
    points: list[Any] = []
    for entry in page.log():
        points = [] if entry["status"] in {"start", "idle"} else points
        points += [entry["data"]] if entry["status"] == "epoch" else []
    return points


def test_the_page_gets_every_epoch_of_what_it_draws(model):
    plot = TrainingPlot(model, "loss")
    page = FakePage(plot)
    for epoch in range(1, 101):
        model.tell("epoch", epoch, 100, loss=1 / epoch, accuracy=0.5)
    eventually(lambda: len(entries(page)) == 100)
    assert entries(page)[1] == {"loss": 0.5}
    assert len(page.messages("log")) <= 10


def test_a_late_page_gets_everything_so_far(plot, model):
    for epoch in (1, 2, 3):
        model.tell("epoch", epoch, 3, loss=1.0)
    page = FakePage(plot)
    page.send(kind="hello", view="a", since=0)
    eventually(lambda: len(entries(page)) == 3)


def test_a_page_that_comes_back_gets_what_came_meanwhile():
    model = MLP(epochs=5, layers=[], seed=0)
    plot = TrainingPlot(model)
    page = FakePage(plot)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="bye", view="a")
    eventually(lambda: not plot.shown.value)
    wait(model, ROWS)
    assert rows(plot) == {}
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: len(rows(plot)) == 5)
    eventually(lambda: len(entries(page)) == 5)


@pytest.mark.parametrize("bad", [None, 3, object(), "mlp"])
def test_what_does_not_train_is_refused(bad):
    with pytest.raises(TypeError, match="model: expected an object with a stream `training`"):
        TrainingPlot(bad)


def test_what_is_no_status_changes_nothing(plot, model, caplog):
    model.tell("epoch", 1, 2, loss=1.0)
    model.training.set("epoch")
    assert len(rows(plot)) == 1
    assert "expected a TrainingStatus" in caplog.text


# Where there is no page


def test_html_has_a_picture_of_each_chart(plot, model):
    for epoch in (1, 2, 3):
        model.tell("epoch", epoch, 3, loss=1 / epoch, val_loss=None, accuracy=0.5)
    assert plot.static_html().count("data:image/png;base64,") == 2
    assert "loss: 0.333" in repr(plot)


def test_html_before_the_first_epoch_says_so(plot):
    assert "No epochs yet." in plot.static_html()
    assert "data:image" not in plot.static_html()


def test_html_of_one_epoch_and_of_equal_values_is_drawn(plot, model):
    model.tell("epoch", 7, 9, loss=0.0)
    assert plot.static_html().count("data:image/png;base64,") == 1


def test_hostile_names_are_text(model):
    plot = TrainingPlot(model, {HOSTILE: [HOSTILE, "loss"]})
    model.training.set(TrainingStatus("epoch", 1, 2, {HOSTILE: 1.0}))
    assert "<img src=x" not in plot.static_html()


def test_close_frees_everything():
    model = MLP(layers=[])
    plot = TrainingPlot(model)
    gone = weakref.ref(plot)
    plot.close()
    del plot
    assert model.training._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])
