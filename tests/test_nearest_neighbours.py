import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.nearest_neighbours import NearestNeighbours, javascript_key_order

MARCELLE = json.loads(
    (Path(__file__).parent / "fixtures" / "marcelle" / "knn" / "expected.json").read_text()
)
NAMES = ("cat", "10", "2", "dog", "02", "")


def marcelle_predict(rows, labels, query, k):
    """Do what knn-classifier does, in plain Python: class by class, a stable sort, a strict >."""

    def unit(row):
        largest = max((abs(value) for value in row), default=0) or 1
        row = [value / largest for value in row]
        length = math.sqrt(math.fsum(value * value for value in row)) or 1
        return [float(np.float32(value / length)) for value in row]

    classes = javascript_key_order(list(dict.fromkeys(labels)))
    examples = [
        (label, unit(row))
        for label in classes
        for row, own in zip(rows, labels, strict=True)
        if own == label
    ]
    query = unit(query)

    def similarity(example):
        products = (a * b for a, b in zip(example[1], query, strict=True))
        return np.float32(math.fsum(products))

    nearest = sorted(examples, key=similarity, reverse=True)[:k]
    best, winner, confidences = 0.0, None, {}
    for label in classes:
        confidences[label] = sum(own == label for own, _ in nearest) / len(nearest)
        if confidences[label] > best:
            best, winner = confidences[label], label
    return ClassifierResults(winner, confidences)


@st.composite
def problems(draw):
    n_rows, n_features = draw(st.integers(1, 12)), draw(st.integers(1, 4))
    row = st.lists(st.integers(-2, 2), min_size=n_features, max_size=n_features)
    rows = draw(st.lists(row, min_size=n_rows, max_size=n_rows))
    labels = draw(st.lists(st.sampled_from(NAMES), min_size=n_rows, max_size=n_rows))
    queries = draw(st.lists(row, min_size=1, max_size=4))
    return rows, labels, queries, draw(st.integers(1, 14))


@settings(max_examples=300, deadline=None)
@given(problems())
def test_it_answers_as_the_plain_algorithm_does_also_on_ties(problem):
    rows, labels, queries, k = problem
    expected = [marcelle_predict(rows, labels, query, k) for query in queries]
    answers = NearestNeighbours.fit(rows, labels).predict_many(queries, k)
    assert answers == expected
    assert [list(a.confidences) for a in answers] == [list(e.confidences) for e in expected]


@pytest.mark.parametrize("k", list(MARCELLE["cases"]))
def test_it_answers_as_marcelle_in_a_browser(k):
    rows = [instance["x"] for instance in MARCELLE["training_set"]]
    labels = [instance["y"] for instance in MARCELLE["training_set"]]
    fitted = NearestNeighbours.fit(rows, labels)
    answers = fitted.predict_many(MARCELLE["queries"], int(k))
    assert [answer.to_dict() for answer in answers] == MARCELLE["cases"][k]
    assert list(fitted.labels) == MARCELLE["labels"]
    assert fitted.classes == ("10", "cat", "dog")


def test_keys_are_ordered_as_in_javascript():
    names = ["b", "10", "a", "2", "01", "-1", "4294967295", "4294967294", "0", "٣", "9" * 5000]
    expected = ["0", "2", "10", "4294967294", "b", "a", "01", "-1", "4294967295", "٣", "9" * 5000]
    assert list(javascript_key_order(names)) == expected


@pytest.mark.parametrize("n_queries", [1, 3, 500])
def test_collinear_rows_tie_wherever_they_are_and_the_first_wins(n_queries):
    rng = np.random.default_rng(0)
    row = rng.integers(1, 2**20, 1024).astype(np.float32)
    rows = rng.normal(size=(601, 1024)).astype(np.float32)
    rows[300], rows[600] = row, 3 * row
    labels = ["other"] * 601
    labels[300], labels[600] = "first", "second"
    fitted = NearestNeighbours.fit(rows, labels)
    answers = fitted.predict_many(np.tile(row, (n_queries, 1)), 1)
    assert {answer.label for answer in answers} == {"first"}


@pytest.mark.parametrize(("query", "winner"), [([0, 0], "up"), ([0, -1], "zero"), ([0, 1], "up")])
def test_a_zero_vector_has_similarity_zero_to_all(query, winner):
    fitted = NearestNeighbours.fit([[0, 1], [0, 0]], ["up", "zero"])
    assert fitted.predict_many([query], 1)[0].label == winner


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
def test_length_does_not_count_however_extreme(scale):
    fitted = NearestNeighbours.fit(np.array([[scale, 0], [0, 1]]), ["right", "up"])
    assert fitted.predict_many(np.array([[2 * scale, scale]]), 1)[0].label == "right"


def test_without_rows_it_knows_nothing():
    fitted = NearestNeighbours.fit(np.zeros((0, 3)), [])
    assert fitted.predict_many(np.ones((2, 5)), 3) == [ClassifierResults()] * 2


def test_without_queries_it_answers_nothing():
    assert NearestNeighbours.fit([[1.0]], ["a"]).predict_many(np.zeros((0, 1)), 1) == []


def test_blocks_do_not_change_the_answers(monkeypatch):
    rng = np.random.default_rng(1)
    rows, queries = rng.normal(size=(40, 6)), rng.normal(size=(50, 6))
    fitted = NearestNeighbours.fit(rows, [str(i % 3) for i in range(40)])
    whole = fitted.predict_many(queries, 7)
    monkeypatch.setattr("marcelle_nb.models.nearest_neighbours.NUMBERS_PER_BLOCK", 64)
    assert fitted.predict_many(queries, 7) == whole


def test_what_was_fitted_cannot_be_changed():
    rows = np.array([[1.0, 0.0]])
    fitted = NearestNeighbours.fit(rows, ["a"])
    rows[0, 0] = -1
    assert fitted.rows[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        fitted.rows[0, 0] = -1


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([1.0, 2.0], ["a", "b"], r"rows: expected shape \(n, n_features\), got \(2,\)"),
        ([[1.0]], ["a", "b"], "labels: expected 1, one a row, got 2"),
        ([[math.nan]], ["a"], "rows: expected finite numbers, got NaN or infinity"),
    ],
)
def test_what_is_no_training_set_is_refused(rows, labels, message):
    with pytest.raises(ValueError, match=message):
        NearestNeighbours.fit(rows, labels)


@pytest.mark.parametrize(
    ("queries", "k", "message"),
    [
        ([[1.0, 2.0]], 0, "k: expected a whole number >= 1, got 0"),
        ([[1.0]], 1, "queries: expected 2 numbers each, got 1"),
        ([[1.0, math.inf]], 1, "queries: expected finite numbers"),
    ],
)
def test_what_is_no_query_is_refused(queries, k, message):
    with pytest.raises(ValueError, match=message):
        NearestNeighbours.fit([[1.0, 2.0]], ["a"]).predict_many(queries, k)


def test_prints_how_long_predictions_take(capsys):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5000, 1024)).astype(np.float32)
    fitted = NearestNeighbours.fit(rows, [str(i % 5) for i in range(5000)])
    times = []
    for row in rows[:30]:
        start = time.perf_counter()
        fitted.predict_many(row[None], 3)
        times.append(time.perf_counter() - start)
    with capsys.disabled():
        print(f"\nknn, 5,000 x 1,024 rows: {1e3 * np.median(times):.2f} ms a query")


def test_the_memory_of_the_rows_can_be_taken_with_the_same_result(monkeypatch):
    monkeypatch.setattr("marcelle_nb.models.nearest_neighbours.NUMBERS_PER_BLOCK", 64)
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(50, 7)).astype(np.float32), list("cabba" * 10)
    before = NearestNeighbours.fit(rows.copy(), labels)
    after = NearestNeighbours.fit(rows, labels, overwrite=True)
    assert after.rows is rows
    assert np.array_equal(before.rows, after.rows)
    assert np.array_equal(before.class_of_row, after.class_of_row)


def test_bytes_of_images_are_rows_like_the_numbers_of_a_query():
    image = np.random.default_rng(0).integers(0, 255, (3, 12), dtype=np.uint8)
    from_bytes = NearestNeighbours.fit(image, ["a", "b", "c"])
    from_numbers = NearestNeighbours.fit(
        image.astype(np.float32) / np.float32(255), ["a", "b", "c"]
    )
    assert np.array_equal(from_bytes.rows, from_numbers.rows)
