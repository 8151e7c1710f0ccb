import gc
import weakref
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from marcelle_nb.components.confidence_plot import ConfidencePlot
from marcelle_nb.models.batch_prediction import BatchPrediction
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.clustering_results import ClusteringResults
from marcelle_nb.models.knn import KNN
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"
RESULT = ClassifierResults("10", {"10": 0.75, "2": 0.25})


@pytest.fixture
def predictions():
    return Stream[Any]()


@pytest.fixture
def plot(predictions):
    plot = ConfidencePlot(predictions)
    yield plot
    plot.close()


def test_the_page_gets_pairs_that_keep_their_order(plot, predictions):
    page = FakePage(plot)
    predictions.set(RESULT)
    eventually(lambda: page.state["prediction"])
    assert page.state["prediction"] == {"label": "10", "confidences": [["10", 0.75], ["2", 0.25]]}


def test_before_the_first_prediction_there_is_none(plot):
    assert FakePage(plot).state["prediction"] is None


def test_an_untrained_model_shows_no_label(plot, predictions):
    predictions.set(ClassifierResults())
    assert plot._prediction.value == {"label": None, "confidences": []}


@pytest.mark.parametrize("p", [float("nan"), float("inf"), np.float32("nan")])
def test_a_confidence_that_is_no_number_is_zero_for_the_page(plot, predictions, p):
    predictions.set(ClassifierResults("a", {"a": p}))
    assert plot._prediction.value["confidences"] == [("a", 0.0)]


def test_labels_and_numbers_of_other_types_become_plain(plot, predictions):
    predictions.set(ClassifierResults(np.str_("a"), cast("Any", {np.str_("a"): np.float32(0.5)})))
    ((label, p),) = plot._prediction.value["confidences"]
    assert (type(label), type(p)) == (str, float)


def test_none_clears_the_plot(plot, predictions):
    predictions.set(RESULT)
    predictions.set(None)
    assert plot._prediction.value is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"label": "a", "confidences": {"b": 0.25, "a": 0.75}}, ("a", [("b", 0.25), ("a", 0.75)])),
        (
            {"instanceId": "i", "trueLabel": "b", "label": "a", "confidences": {"a": 1}, "note": 3},
            ("a", [("a", 1.0)]),
        ),
        ({"label": "a"}, ("a", [])),
        ({"label": 3, "confidences": None}, ("3", [])),
        ({"confidences": {"a": 0.5}}, (None, [("a", 0.5)])),
        ({"label": None, "confidences": {"a": None}}, (None, [("a", 0.0)])),
        (ClusteringResults(1, {"0": 0.25, "1": 0.75}), ("1", [("0", 0.25), ("1", 0.75)])),
        (ClusteringResults(1, {"1": 1.0}).to_dict(), ("1", [("1", 1.0)])),
        (SimpleNamespace(label="a", confidences={"a": 10**400}), ("a", [("a", 0.0)])),
    ],
)
def test_anything_with_a_label_or_confidences_is_shown(plot, predictions, given, shown):
    predictions.set(given)
    label, confidences = shown
    assert plot._prediction.value == {"label": label, "confidences": confidences}
    assert plot.alert.value == ""


def test_a_stored_prediction_of_a_batch_is_shown(plot, predictions):
    model = KNN(k=1)
    rows = [{"x": [0, 1], "y": "up"}, {"x": [1, 0], "y": "right"}]
    model.train(rows).wait(60)
    batch = BatchPrediction("of a confidence plot")
    batch.predict(model, rows).wait(60)
    predictions.set(next(iter(batch.items())))
    batch.clear()
    shown = {"label": "up", "confidences": [("up", 1.0), ("right", 0.0)]}
    assert plot._prediction.value == shown


BAD = [3, "a", {}, {"instanceId": "i"}, {"label": ["a"]}, {"label": "a", "confidences": [1]}]


@pytest.mark.parametrize("bad", [*BAD, {"confidences": {"a": "much"}}, np.zeros(3), [RESULT]])
def test_what_is_no_prediction_clears_the_bars_and_is_said_until_one_comes(
    plot, predictions, bad, caplog
):
    page = FakePage(plot)
    predictions.set(RESULT)
    predictions.set(bad)
    predictions.set(bad)
    assert (plot._prediction.value, plot.confidences.value) == (None, [])
    assert "expected" in plot.alert.value
    eventually(lambda: "expected" in page.state["alert"])
    assert caplog.text.count("refused a prediction") == 1
    predictions.set(RESULT)
    assert plot._prediction.value["label"] == "10"
    assert plot.alert.value == ""


def test_confidences_are_told_by_label_as_marcelle_does(plot, predictions):
    assert plot.confidences.value == []
    predictions.set(ClassifierResults("b", {"c": 0.25, "a": 0.125, "b": 0.625}))
    assert plot.confidences.value == [
        {"x": "a", "y": 0.125},
        {"x": "b", "y": 0.625},
        {"x": "c", "y": 0.25},
    ]
    assert [label for label, _ in plot._prediction.value["confidences"]] == ["c", "a", "b"]
    predictions.set(None)
    assert plot.confidences.value == []


@pytest.mark.parametrize("bad", [None, RESULT, lambda: RESULT])
def test_what_is_no_stream_is_refused(bad):
    with pytest.raises(TypeError, match="predictions: expected a stream"):
        ConfidencePlot(bad)


def test_its_pipeline_stops_with_the_last_view_and_starts_again_with_the_next():
    images, predicted = Stream[Any](), list[int]()

    def predict(number):
        predicted.append(number)
        return RESULT

    plot = ConfidencePlot(images.map(predict))
    page = FakePage(plot)
    page.send(kind="hello", view="a", since=0)
    images.set(1)
    page.send(kind="bye", view="a")
    eventually(lambda: not images._subscriptions)
    images.set(2)
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: images._subscriptions)
    images.set(3)
    assert predicted == [1, 3]
    plot.close()


def test_repr_and_html_name_the_winner(plot, predictions):
    predictions.set(RESULT)
    assert repr(plot) == "<ConfidencePlot prediction: 10, confidence: 75%>"
    assert "<progress max='1' value='0.750'>" in plot.static_html()


def test_repr_without_a_prediction_says_so(plot):
    assert repr(plot) == "<ConfidencePlot prediction: none yet>"


def test_a_label_alone_has_no_confidence(plot, predictions):
    predictions.set({"label": "10"})
    assert repr(plot) == "<ConfidencePlot prediction: 10>"
    assert "<progress" not in plot.static_html()


def test_hostile_labels_are_text(plot, predictions):
    predictions.set(ClassifierResults(HOSTILE, {HOSTILE: 1.0}))
    assert "<img" not in plot.static_html()


def test_close_frees_everything(predictions):
    plot = ConfidencePlot(predictions.map(lambda value: value))
    gone = weakref.ref(plot)
    plot.close()
    del plot
    assert predictions._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])
