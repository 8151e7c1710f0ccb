import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.models.confusion_counts import ConfusionCounts
from marcelle_nb.models.label_scores import label_scores
from marcelle_nb.models.prediction_outcome import PredictionOutcome

PAIRS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abce")), min_size=1, max_size=60
)


def scores_of(pairs):
    return label_scores(ConfusionCounts(PredictionOutcome(*pair) for pair in pairs))


@given(PAIRS)
def test_scores_are_those_of_scikit_learn(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    truth, answers = zip(*pairs, strict=True)
    report = metrics.classification_report(truth, answers, output_dict=True, zero_division=0)
    names = {"macro average": "macro avg", "weighted average": "weighted avg"}
    for row in scores_of(pairs):
        if row["kind"] == "accuracy":
            assert row["f1"] == pytest.approx(report["accuracy"])
            continue
        expected = report[row["label"] or names[row["kind"]]]
        found = [row["precision"], row["recall"], row["f1"], row["support"]]
        assert [it or 0 for it in found] == pytest.approx([*expected.values()])


def test_what_would_be_divided_by_zero_is_none():
    found = {row["label"]: row for row in scores_of([("a", "b"), ("a", "a")]) if row["label"]}
    assert found["b"] == {
        "kind": "label",
        "label": "b",
        "precision": 0.0,
        "recall": None,
        "f1": 0.0,
        "support": 0,
    }
    (never,) = (row for row in scores_of([("a", "b")]) if row["label"] == "a")
    assert (never["precision"], never["recall"], never["f1"]) == (None, 0.0, 0.0)


def test_a_label_may_have_the_name_of_an_average():
    rows = scores_of([("accuracy", "accuracy")])
    assert [(row["kind"], row["label"]) for row in rows][:2] == [
        ("label", "accuracy"),
        ("accuracy", None),
    ]


def test_nothing_has_no_scores():
    assert scores_of([]) == []
