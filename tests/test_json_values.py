import datetime as dt
from enum import Enum

import numpy as np
import pytest

from marcelle_nb.data.json_values import checked_document
from marcelle_nb.errors import BadRequest


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": {"b": [0, float("nan")]}}, r"a\.b\.1: expected a finite number, got nan"),
        ({"a": float("inf")}, "a: expected a finite number, got inf"),
        ({"a": [1.0, float("-inf")]}, r"a\.1: expected a finite number, got -inf"),
        ({"a": np.float32("nan")}, "a: expected a finite number"),
        ({"a": 2**53 + 1}, "a: expected a whole number within 2.53, got 9007199254740993"),
        ({"a": -(2**53) - 1}, "a: expected a whole number within 2.53"),
        ({"a": 10**5000}, "a: expected a whole number within 2.53, got a number of thousands"),
        ({"a": np.uint64(2**63)}, "a: expected a whole number within 2.53"),
        ({"a": "b\0c"}, "a: expected text without NUL"),
        ({"a": "\udc00"}, r"a: expected text without lone surrogates, got '\\udc00'"),
        ({"a\0": 1}, "a key: expected text without NUL"),
        ({"\ud83d": 1}, "a key: expected text without lone surrogates"),
        ({"a": {1: 2}}, "a: expected keys of type str, got 1"),
        ({"a": b"x"}, "a: expected a value of JSON or an array, got b'x'"),
        ({"a": object()}, "a: expected a value of JSON or an array"),
        ({"a": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "a: expected a value of JSON"),
        ({"a": {1, 2}}, "a: expected a value of JSON"),
        ({"a": 1j}, "a: expected a value of JSON"),
        ({"a": np.array(["x"])}, "a: expected an array of numbers, got type <U1"),
        ({"a": np.array([None])}, "a: expected an array of numbers, got type object"),
        (
            {"a": [{"b": np.array([[0, np.inf]])}]},
            r"a\.0\.b: expected finite numbers, got inf",
        ),
        ({"a": np.array([0, np.nan], np.float16)}, "a: expected finite numbers, got nan"),
        ({"a": np.array([0, complex(0, np.nan)])}, "a: expected finite numbers, got nanj"),
        ({"a": np.ma.masked_equal([1, 2], 2)}, "a: expected an array of numbers, got masked ones"),
        ([1], r"document: expected a dictionary, got \[1\]"),
        ("a", "document: expected a dictionary, got 'a'"),
    ],
)
def test_what_json_cannot_say_is_refused_by_name(given, said):
    with pytest.raises(BadRequest, match=said):
        checked_document(given)


def test_at_most_32_levels():
    for levels, is_good in ((32, True), (33, False)):
        given: object = {}
        for i in range(levels - 1):
            given = {"a": given} if i % 2 or i == levels - 2 else [given]
        if is_good:
            checked_document(given)
        else:
            with pytest.raises(BadRequest, match="at most 32 levels"):
                checked_document(given)
    endless: dict[str, object] = {}
    endless["a"] = [endless]
    with pytest.raises(BadRequest, match="at most 32 levels"):
        checked_document(endless)


def test_whole_numbers_in_arrays_are_kept_however_large():
    given = np.array([2**64 - 1], np.uint64)
    _, arrays = checked_document({"a": given})
    assert arrays[0][1].tolist() == [2**64 - 1]


def test_what_json_can_say_is_copied():
    inside = [1, 2**53, -0.0, "é\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]
    document, arrays = checked_document({"a": inside, "b": (True, None), "": {}})
    assert document == {"a": inside, "b": [True, None], "": {}}
    assert document["a"] is not inside
    assert arrays == []


def test_arrays_are_taken_out_with_their_paths():
    x, y = np.zeros(3, np.float32), np.ones((2, 2))
    document, arrays = checked_document({"x": x, "l": [0, {"y": y}]})
    assert document["x"] == {"dtype": "float32", "shape": [3]}
    assert [path for path, _ in arrays] == [("x",), ("l", 1, "y")]


class Kind(str, Enum):  # noqa: UP042 whose text is its name
    A = "value"


def test_a_member_of_an_enumeration_is_its_value():
    document, _ = checked_document({Kind.A: [Kind.A, {"a": Kind.A}]})
    assert document == {"value": ["value", {"a": "value"}]}
    assert all(type(it) is str for it in (document["value"][0], *document))


@pytest.mark.parametrize(
    "value",
    [
        np.datetime64("2020-01-01"),
        np.datetime64(5, "ns"),
        np.timedelta64(5, "ns"),
        np.array(5, "m8[s]"),
        np.zeros(2, "M8[ns]"),
        np.ma.masked,
        np.ma.masked_array([1.0, 2.0], [False, True]),
    ],
)
def test_times_and_masked_numbers_are_refused_by_name(value):
    with pytest.raises(BadRequest, match=r"^k\.0: expected .*(64|masked)"):
        checked_document({"k": [value]})
