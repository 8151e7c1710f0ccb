import pytest

from marcelle_nb.components.classification_report import ClassificationReport
from marcelle_nb.models.batch_prediction import BatchPrediction
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.test_confusion_matrix import HOSTILE, Told, rows


class Twice:
    """Predicts the double of each number."""

    def predict_many(self, xs):
        return [[2 * float(number) for number in x] for x in xs]


@pytest.fixture
def batch(store):
    batch = BatchPrediction("of a report", store)
    batch.clear()
    yield batch
    batch.close()
    batch.clear()


@pytest.fixture
def report(batch):
    report = ClassificationReport(batch)
    yield report
    report.close()


def test_a_classifier_is_scored_label_by_label(batch, report):
    batch.predict(Told(), rows("aa", "ab", "bb", "bb")).wait(60)
    a, b, accuracy, macro, weighted = report.rows.value
    assert (a["label"], a["precision"], a["recall"], a["support"]) == ("a", 1.0, 0.5, 2)
    assert (b["label"], b["precision"], b["recall"]) == ("b", 2 / 3, 1.0)
    assert (accuracy["kind"], accuracy["f1"]) == ("accuracy", 0.75)
    assert (macro["kind"], weighted["kind"]) == ("macro average", "weighted average")
    assert "accuracy: 75.0%" in repr(report)


def test_a_regression_is_scored_output_by_output(batch, report):
    batch.predict(Twice(), [{"x": [1, 2], "y": [1.0, 2.0]}, {"x": [3, 4], "y": [3.0, 4.0]}]).wait(
        60
    )
    first, second, average = report.rows.value
    assert (first["kind"], first["label"], first["mae"]) == ("output", "1", 2.0)
    assert (second["mae"], second["support"]) == (3.0, 2)
    assert (average["kind"], average["mae"]) == ("average", 2.5)
    assert report._table.value["columns"] == ["MAE", "RMSE", "R²", "support"]


def test_numbers_that_became_labels_are_numbers_again(batch, report):
    class Single:
        def predict_many(self, xs):
            return [float(x[0]) for x in xs]

    batch.predict(Single(), [{"x": [1], "y": 1.5}, {"x": [3], "y": 3.5}]).wait(60)
    (row,) = report.rows.value
    assert (row["mae"], row["label"], row["support"]) == (0.5, None, 2)


def test_what_cannot_be_scored_is_counted(batch, report):
    batch.predictions.create([{"label": "a"}, {"yTrue": "a"}, {"label": "a", "yTrue": "a"}])
    eventually(lambda: report.rows.value)
    table = report._table.value
    assert (table["without_truth"], table["without_answer"]) == (1, 1)


def test_the_page_gets_rows_in_the_order_of_the_columns(batch, report):
    page = FakePage(report)
    batch.predict(Told(), rows("ab")).wait(60)
    eventually(lambda: page.state["table"]["rows"])
    assert page.state["table"]["columns"] == ["precision", "recall", "F1", "support"]
    assert page.state["table"]["rows"][0] == ["a", "label", None, 0.0, 0.0, 1]
    eventually(lambda: page.state["progress"] is False)


def test_nothing_is_scored_before_there_is_something(report):
    assert report.rows.value == []
    assert repr(report).endswith("predictions: none to score yet>")
    assert "<table" in report.static_html()


def test_hostile_labels_are_text(batch, report):
    batch.predict(Told([HOSTILE]), rows((HOSTILE, HOSTILE), labels=[HOSTILE])).wait(60)
    assert "<img" not in report.static_html()
    assert "1.000" in report.static_html()


def test_what_is_no_batch_is_refused():
    with pytest.raises(TypeError, match="batch: expected a BatchPrediction"):
        ClassificationReport(3)  # type: ignore[arg-type]


def test_close_ends_its_subscriptions(batch):
    report = ClassificationReport(batch)
    report.close()
    assert not batch.predictions.changes.is_heard
