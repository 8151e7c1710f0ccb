import copy
import json
import pickle

import numpy as np
import pytest

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.shown_document import ShownDocument
from marcelle_nb.data.shown_list import ShownList
from marcelle_nb.image import thumbnail

PICTURE = np.zeros((20, 30, 3), np.uint8)


@pytest.fixture
def data(request):
    data = Dataset(f"short {request.node.name}"[:180])
    x = np.arange(841, dtype=np.float32)
    data.create([{"x": x, "y": "a", "thumbnail": thumbnail(PICTURE)} for _ in range(150)])
    yield data
    data.clear()


def service(data):
    return data.store.service("short documents")


CALLS = {
    "find": lambda d: d.find(),
    "get": lambda d: d.get(d.find()["data"][0]["id"]),
    "first": lambda d: next(iter(d.items())),
    "patch": lambda d: d.patch(d.find()["data"][0]["id"], {"y": "b"}),
    "patch all": lambda d: d.patch(None, {"y": "b"}),
    "update": lambda d: d.update(d.find()["data"][0]["id"], {"x": PICTURE}),
    "relabel": lambda d: d.relabel(None, "c"),
    "create": lambda d: d.create([{"x": [1]}] * 50),
    "remove": lambda d: d.remove(None, {"id": {"$in": [it["id"] for it in d.items().take(50)]}}),
    "clear": lambda d: d.clear(),
    "upload": lambda d: d.upload(("a.csv", b"y,a\n" + b"x,1\n" * 1_000)),
    "import": lambda d: d.from_csv(("a.csv", b"y,a\n" + b"x,1\n" * 1_000)),
    "distinct": lambda d: d.distinct("id"),
    "service create": lambda d: service(d).create([{"a": [*range(1_000)]}] * 20),
    "service find": lambda d: service(d).find(),
    "service remove": lambda d: service(d).remove(None),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_a_call_gives_is_shown_in_a_few_lines(data, name):
    text = repr(CALLS[name](data))
    assert len(text) < 3_000
    assert text.count("\n") < 40


def test_arrays_and_long_texts_are_described_and_short_ones_shown():
    document = ShownDocument(id="i", x=PICTURE, y="a", text="x" * 90, list=list(range(50)))
    assert repr(document) == (
        "{'id': 'i', 'x': <array of 20 × 30 × 3 uint8>, 'y': 'a',\n"
        f" 'text': '{'x' * 40}'… (90 characters),\n 'list': [0, 1, 2, 3, 4, … 45 more]}}"
    )
    assert repr(ShownDocument(id="i", y=None, n=1.5)) == "{'id': 'i', 'y': None, 'n': 1.5}"
    assert repr(ShownList(["a", "b"])) == "['a', 'b']"
    assert repr(ShownList()) == "[]"


def test_what_contains_itself_and_what_is_deep_has_an_end():
    inner: list[object] = [1]
    inner.append(inner)
    assert repr(ShownList(inner)) == "[1, [1, [1, [1, [… 2]]]]]"


@pytest.mark.parametrize(
    "given", [ShownDocument(a=1, b=ShownList([1, 2])), ShownList([ShownDocument(a=1)])], ids=repr
)
def test_it_is_a_plain_one_to_everybody_else(given):
    plain = {"a": 1, "b": [1, 2]} if isinstance(given, dict) else [{"a": 1}]
    for other in (copy.copy(given), copy.deepcopy(given), pickle.loads(pickle.dumps(given))):
        assert other == given == plain
        assert type(other) in (dict, list)
    assert json.dumps(given) == json.dumps(plain)
