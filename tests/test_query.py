import math
from enum import Enum

import numpy as np
import pytest

from marcelle_nb.data.conditions import All, Any_, Compare, Not
from marcelle_nb.data.query import Query
from marcelle_nb.errors import BadRequest


def test_conditions_are_read():
    assert Query.parse(None) == Query.parse({}) == Query()
    assert Query.parse({"a.b": 1}).where == Compare(("a", "b"), "eq", 1)
    both = Query.parse({"a": {"$gt": 1, "$ne": None}}).where
    assert both == All((Compare(("a",), "gt", 1), Not(Compare(("a",), "eq", None))))
    assert Query.parse({"$or": []}).where == Any_()
    assert Query.parse({"a": {"$nin": [1, "b"]}}).where == Not(Compare(("a",), "in", (1, "b")))
    assert Query.parse({"a": np.int64(3)}).where == Compare(("a",), "eq", 3)


def test_parameters_are_read():
    query = Query.parse({"$limit": 5, "$skip": 2, "$sort": {"a.b": -1}, "$select": ["a", "b.c"]})
    assert query == Query(
        limit=5,
        skip=2,
        sort=((("a", "b"), True),),
        select=(("a",), ("b", "c")),
    )
    assert Query.parse({"$distinct": "y"}) == Query(distinct=("y",))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"$regex": "a"}, r"Invalid query parameter \$regex"),
        ({"a": {"$regex": "a"}}, r"Invalid query parameter \$regex"),
        ({"a": {"$where": "a", "$gt": 1}}, r"Invalid query parameter \$where"),
        ({"a": {"b": 1}}, "Invalid query parameter b"),
        ({"a": {}}, "a: expected a value or operators"),
        ({"a": [1]}, "a: expected a text, a number, a bool or None"),
        ({"a": {"$gt": {"b": 1}}}, r"a \$gt: expected a text"),
        ({"a": {"$in": 1}}, r"a \$in: expected a list, got 1"),
        ({"a": {"$in": [[1]]}}, r"a \$in: expected a text"),
        ({"a": {"$not": 1}}, r"a \$not: expected operators, got 1"),
        ({"$or": {}}, r"\$or: expected a list of queries"),
        ({"$or": [1]}, "query: expected a dictionary, got 1"),
        ({"$or": [{"$limit": 1}]}, r"Invalid query parameter \$limit"),
        ({"$not": []}, "query: expected a dictionary"),
        ({"a'b": 1}, "without quotes"),
        ({'a"b': 1}, "without quotes"),
        ({"$sort": {"a'": 1}}, "without quotes"),
        ({"$select": ['"']}, "without quotes"),
        ({"$distinct": "'"}, "without quotes"),
        ({"a": "\0"}, "expected text without NUL"),
        ({"a\0": 1}, "expected text without NUL"),
        ({"a": "\ud800"}, "expected text without lone surrogates"),
        ({"a": math.nan}, "expected a finite number"),
        ({"a": {"$gt": math.inf}}, "expected a finite number"),
        ({"a": 2**53 + 1}, "expected a whole number within 2"),
        ({"a": b"x"}, "expected a value of JSON"),
        ({5: 1}, "expected the name of a field, got 5"),
        ({"$limit": -1}, r"\$limit: expected a whole number >= 0, got -1"),
        ({"$limit": "10"}, r"\$limit: expected a whole number >= 0, got '10'"),
        ({"$limit": True}, r"\$limit: expected a whole number >= 0, got True"),
        ({"$skip": 1.5}, r"\$skip: expected a whole number >= 0"),
        ({"$sort": {"a": 2}}, r"\$sort: expected 1 or -1, got 2"),
        ({"$sort": {"a": True}}, r"\$sort: expected 1 or -1, got True"),
        ({"$sort": {"$a": 1}}, r"Invalid query parameter \$a"),
        ({"$sort": ["a"]}, r"\$sort: expected fields"),
        ({"$select": "a"}, r"\$select: expected a list of fields"),
        ({"$distinct": ["a"]}, r"\$distinct: expected the name of a field"),
        ("a", "query: expected a dictionary, got 'a'"),
        ({"$or": [{"a": i} for i in range(301)]}, "at most 300 comparisons"),
        ({".".join("a" * 33): 1}, "at most 32 names"),
    ],
)
def test_what_is_not_understood_is_refused(raw, said):
    with pytest.raises(BadRequest, match=said):
        Query.parse(raw)


def test_queries_without_end_are_refused():
    query: dict[str, object] = {"a": 1}
    for _ in range(2_000):
        query = {"$not": query}
    with pytest.raises(BadRequest, match="at most 16 levels"):
        Query.parse(query)


def test_the_largest_queries_are_answered(service):
    service.create([{"a": i} for i in range(300)])
    assert service.count({"$or": [{"a": i} for i in range(300)]}) == 300
    assert service.count({"a": {"$in": list(range(50_000))}}) == 300
    assert service.count({"a": {"$nin": [str(i) for i in range(50_000)]}}) == 300
    deep: dict[str, object] = {"a": {"$lt": 7}}
    for i in range(15):
        deep = {"$and": [{"$or": [deep, {"b": i}]}]} if i % 2 else {"$not": {"$not": deep}}
        if i > 6:
            break
    assert service.count(deep) == 7
    assert service.find({"$sort": {f"f{i}": 1 for i in range(32)}})["total"] == 300


class Kind(str, Enum):  # noqa: UP042 whose text is its name
    A = "value"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"$or": [{}] * 1_000}, "at most 300 comparisons"),
        ({"$and": [{"$not": {}}] * 1_000}, "at most 300 comparisons"),
        ({"$and": [{"$or": []}] * 1_000}, "at most 300 comparisons"),
        ({"$distinct": "a", "$limit": 1}, "$distinct: expected it with conditions alone, got $lim"),
        ({"$sort": {"b": 1}, "$distinct": "a"}, "with conditions alone, got $sort too"),
        ({"$sort": {"a": np.zeros(3)}}, "$sort: expected 1 or -1, got array"),
        ({"$sort": {"a": "1"}}, "$sort: expected 1 or -1, got '1'"),
        ({"a": [np.zeros(2), np.zeros(3)]}, "a: expected a text, a number, a bool or None"),
        ({"thumbnail": "data:image/jpeg;base64,AA=="}, "thumbnail: expected a comparison with"),
        ({"thumbnail": {"$in": [None, "data:image/jpeg;base64,"]}}, "thumbnail: expected"),
        ({"thumbnail": {"$gt": "data"}}, "thumbnail: expected a comparison with None"),
    ],
)
def test_what_would_fail_later_or_be_ignored_is_refused_by_name(raw, said):
    with pytest.raises(BadRequest) as caught:
        Query.parse(raw)
    assert said in str(caught.value)


def test_numbers_that_python_does_not_write_are_refused():
    for raw in (
        10**5_000,
        {"a": 10**5_000},
        {"a": [10**5_000]},
        {"a": {"$in": 10**5_000}},
        {"a": {"$not": 10**5_000}},
        {10**5_000: 1},
        {"$or": 10**5_000},
        {"$limit": 10**5_000},
        {"$sort": 10**5_000},
        {"$sort": {"a": 10**5_000}},
        {"$select": 10**5_000},
        {"$distinct": 10**5_000},
    ):
        with pytest.raises(BadRequest, match="got a number of thousands of digits"):
            Query.parse(raw)  # type: ignore[arg-type]


def test_what_means_one_of_these_is_taken():
    assert (
        Query.parse({"$sort": {"a": np.int64(1), "b": -1.0}}).sort
        == Query.parse({"$sort": {"a": 1, "b": -1}}).sort
    )
    assert Query.parse({"a": Kind.A}) == Query.parse({"a": "value"})
    assert Query.parse({"thumbnail": {"$ne": None}}) != Query.parse({"thumbnail": "a.png"})


def test_what_is_noted_of_arrays_is_no_part_of_documents(service):
    url = "data:image/jpeg;base64,/9j/"
    kept = {"dtype": "float64", "shape": [2], "type": "image/jpeg"}
    service.create([{"x": np.zeros(2), "thumbnail": url, "k": {"x": np.ones(1)}}, {"x": kept}])
    assert service.find({"x.dtype": "float64"})["data"][0]["x"] == kept
    for field in ("x.dtype", "x.type", "k.x.dtype", "thumbnail.type"):
        n = int(field.startswith("x."))
        assert service.count({field: {"$ne": None}}) == n
        assert service.count({field: {"$in": [None, 5]}}) == 2 - n
        assert service.count({field: {"$gt": ""}}) == n
        assert service.count({field: {"$not": {"$gt": ""}}}) == 2 - n
