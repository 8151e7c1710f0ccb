import numpy as np
import pytest

from marcelle_nb.components import identifiers as module
from marcelle_nb.components.identifiers import Identifiers, still_there
from marcelle_nb.data.dataset import Dataset

KIND = Identifiers()


@pytest.mark.parametrize(
    "given", [["b", "a"], ("b", "a"), iter(["b", "a", "b"]), np.array(["b", "a"])]
)
def test_identifiers_become_a_list_in_their_order_each_once(given):
    assert KIND.check("selection", given) == ["b", "a"]


@pytest.mark.parametrize("bad", ["abc", b"abc", {"a": 1}, {"a"}, 3, None])
def test_what_is_no_list_is_refused_by_name(bad):
    with pytest.raises(TypeError, match="selection: expected a list of identifiers"):
        KIND.check("selection", bad)


def test_what_is_no_text_is_refused_by_its_place():
    with pytest.raises(TypeError, match=r"selection\[1\]: expected a text, got 2"):
        KIND.check("selection", ["a", 2])


def test_too_many_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_IDENTIFIERS", 2)
    with pytest.raises(ValueError, match="selection: expected at most 2 identifiers, got 3"):
        KIND.check("selection", ["a", "b", "c"])


def test_those_that_are_still_there_keep_their_order():
    data = Dataset("identifiers")
    first, second, third = data.create([{"x": [n], "y": "ab"[n % 2]} for n in range(3)])
    data.remove(second)
    assert still_there(data, [third, second, "unknown", first]) == [third, first]
    assert still_there(data, []) == []
    data.sift({"y": "b"})
    assert still_there(data, [third, first]) == []
