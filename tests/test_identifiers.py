import numpy as np
import pytest

from marcelle_nb.components import identifiers as module
from marcelle_nb.components.identifiers import Identifiers

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
