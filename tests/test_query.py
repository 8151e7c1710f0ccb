import math

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
    query = Query.parse(
        {"$limit": 5, "$skip": 2, "$sort": {"a.b": -1}, "$select": ["a", "b.c"], "$distinct": "y"}
    )
    assert query == Query(
        limit=5,
        skip=2,
        sort=((("a", "b"), True),),
        select=(("a",), ("b", "c")),
        distinct=("y",),
    )


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
