import json

import numpy as np
import pytest

from marcelle_nb.components.instance_fields import at, cell, is_number, own_scalars, selecting


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        ("wave", "wave"),
        (np.array([1.0, 2.5]), "1, 2.5"),
        (np.arange(1_024), "0, 1, 2, … (1,024)"),
        (np.zeros((2, 3, 4)), "2 × 3 × 4 numbers"),
        (np.zeros((20, 30, 3), np.uint8), "image, 30 × 20"),
        ({"a": [1, np.arange(2)]}, '{"a": [1, "0, 1"]}'),
        ("x" * 300, "x" * 200 + "…"),
    ],
    ids=str,
)
def test_a_value_has_a_short_form(value, short):
    assert cell(value) == short
    json.dumps(cell(value), allow_nan=False)


def test_a_number_has_no_more_than_six_digits():
    shown = [cell(value) for value in (2.262865110546697, -1e-9 / 3, 123456789.5, 7.0)]
    assert shown == [2.26287, -3.33333e-10, 123457000.0, 7.0]


def test_own_fields_are_those_that_a_query_can_name():
    instance = {
        "id": "1",
        "x": [1],
        "y": "a",
        "score": 1,
        "who": "me",
        "list": [1],
        "a.b": 2,
        "$c": 3,
        "'": 4,
    }
    assert own_scalars(instance) == {"score": 1, "who": "me"}


def test_a_dotted_field_leads_into_objects():
    assert at({"meta": {"score": 3}}, "meta.score") == 3
    assert at({}, "meta.score") is None


def test_early_rows_are_read_with_the_fields_that_they_have():
    assert selecting(["y", "score"]) == ["y", "score", "features", "label"]
    assert selecting(["score"]) == ["score"]


def test_a_number_is_finite_and_no_bool():
    assert [is_number(it) for it in (1, 2.5, -0.0)] == [True] * 3
    assert [is_number(it) for it in (True, float("nan"), 10**400, "1", None)] == [False] * 5
