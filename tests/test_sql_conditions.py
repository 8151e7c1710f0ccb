"""Every operator on every store, against plain Python."""

import itertools
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from marcelle_nb.data.data_store import DataStore
from tests import naive_query

TEXTS = [
    "",
    "a",
    "A",
    "b",
    "é",
    "10",
    "9",
    "true",
    "null",
    "\uffff",
    "😀",
    "a\n",
    'q"',
    "\\",
    "\x01",
]
NUMBERS = [0, -0.0, 1, 1.0, -1, 0.1, 9, 10, 2**53, -(2**53), 1e300, 5e-324, 1e16, 123456789.123]
KEYS = ["a", "b", "A", "é", "b\\", "\x01", "\n", "", "0", "c$", "😀", "[0]", "c d", "\x7f", "b\\n"]

scalars = st.sampled_from([None, False, True, *NUMBERS, *TEXTS]) | st.floats(
    allow_nan=False, allow_infinity=False
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*KEYS, "a.b"]), inner, max_size=2)
    ),
    max_leaves=3,
)
documents = st.lists(
    st.dictionaries(st.sampled_from([*KEYS, "a.b", "datasetName"]), values, max_size=4), max_size=6
)
fields = st.lists(st.sampled_from(KEYS), min_size=1, max_size=2).map(".".join) | st.sampled_from(
    ["id", "datasetName", "a", "b"]
)
wanted = scalars | st.sampled_from(["0", "1", "2"])
operators = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("$lt", "$lte", "$gt", "$gte", "$ne"), wanted),
            **dict.fromkeys(("$in", "$nin"), st.lists(wanted, max_size=4)),
        },
    ).filter(bool),
    lambda inner: st.fixed_dictionaries({"$not": inner}),
    max_leaves=2,
)
plain = st.dictionaries(fields, wanted | operators, max_size=2)
conditions = st.recursive(
    plain,
    lambda inner: (
        st.fixed_dictionaries({"$or": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"$and": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"$not": inner})
        | st.builds(lambda one, other: {**one, "$or": other}, plain, st.lists(inner, max_size=2))
    ),
    max_leaves=4,
)
sorts = st.dictionaries(fields, st.sampled_from([1, -1]), max_size=3)

numbers = itertools.count()
each = pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
thorough = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    with DataStore(tmp_path_factory.mktemp("queries") / "queries.db") as store:
        yield {"memory": DataStore("memory"), "sqlite": store}


@pytest.fixture
def store(kind, stores, request):
    if kind == "postgresql" and kind not in stores:
        stores[kind] = DataStore(request.getfixturevalue("new_postgresql_url")())
    return stores[kind]


def filled(store, given_documents):
    """Make a service with these documents, whose ids are their numbers."""
    service = store.service(f"queries {next(numbers)}")
    kept = service.create([{**it, "id": str(i)} for i, it in enumerate(given_documents)])
    return service, kept


@each
@thorough
@given(documents, st.lists(conditions, min_size=1, max_size=4))
@example([{"a": [1]}, {"a": {"0": 1}}, {"a": {"b": 2}}, {"a.b": 2}], [{"a.0": 1}, {"a.b": 2}])
@example([{"a": True}, {"a": 1}, {"a": 1.0}, {"a": "1"}], [{"a": 1}, {"a": True}, {"a": "1"}])
@example([{"a": None}, {}], [{"a": None}, {"a": {"$ne": None}}, {"a": {"$gte": None}}])
@example([{"datasetName": "d" * 300}], [{"datasetName": "d" * 300}, {"datasetName": {"$ne": "d"}}])
def test_conditions_find_what_plain_python_finds(store, given_documents, queries):
    service, kept = filled(store, given_documents)
    for query in queries:
        assert service.find(query) == naive_query.find(kept, query)
        assert service.count(query) == len([it for it in kept if naive_query.matches(it, query)])


@each
@thorough
@given(
    documents,
    conditions,
    sorts,
    st.integers(0, 4),
    st.integers(0, 4),
    st.none() | st.lists(fields, max_size=3),
)
def test_pages_orders_and_selections_are_those_of_plain_python(
    store, given_documents, query, sort, limit, skip, select
):
    service, kept = filled(store, given_documents)
    asked = {**query, "$sort": sort, "$limit": limit, "$skip": skip}
    if select is not None:
        asked["$select"] = select
    assert service.find(asked) == naive_query.find(kept, asked)
    rest = {key: asked[key] for key in asked if key != "$limit"}
    assert list(service.items(rest)) == naive_query.find(kept, rest)["data"]


@each
@thorough
@given(documents, conditions, fields)
def test_distinct_gives_what_plain_python_gives(store, given_documents, query, field):
    service, kept = filled(store, given_documents)
    asked = {**query, "$distinct": field}
    # as text, where 1, 1.0 and True differ
    assert json.dumps(service.find(asked)) == json.dumps(naive_query.find(kept, asked))


@each
@thorough
@given(documents, conditions)
def test_what_matches_is_changed_and_removed_and_nothing_else(store, given_documents, query):
    service, kept = filled(store, given_documents)
    ids = [it["id"] for it in kept if naive_query.matches(it, query)]
    others = [it for it in kept if it["id"] not in ids]
    assert [it["id"] for it in service.patch(None, {"new": 1}, query)] == ids
    patched = {it["id"]: it for it in service.items()}
    assert all(patched[it]["new"] == 1 for it in ids)
    assert [it for it in service.items() if it["id"] not in ids] == others
    removed = service.remove(None, {"new": 1})
    assert [it["id"] for it in removed] == ids
    assert list(service.items()) == others
    service.restore(removed)
    assert [it["id"] for it in service.items()] == [it["id"] for it in kept]
