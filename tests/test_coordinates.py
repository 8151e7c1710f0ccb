import numpy as np
import pytest

from marcelle_nb.components.coordinates import Coordinates, checked_place, component
from marcelle_nb.data.dataset import Dataset


@pytest.fixture
def data(request):
    data = Dataset(f"coordinates {request.node.name}")
    data.create([{"x": [n], "y": "a"} for n in range(3)])
    yield data
    data.clear()


@pytest.fixture
def kind(data):
    return Coordinates(data)


def test_an_array_becomes_places_by_id_in_the_order_of_the_instances(data, kind):
    places = kind.check("coordinates", np.arange(6, dtype=np.float32).reshape(3, 2))
    assert places == dict(
        zip([it["id"] for it in data.items()], [(0, 1), (2, 3), (4, 5)], strict=True)
    )


def test_functions_none_and_places_by_id_are_taken(kind):
    assert kind.check("coordinates", None) is None
    assert kind.check("coordinates", max) is max
    assert kind.check("coordinates", {"a": [1, 2]}) == {"a": (1.0, 2.0)}


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 2)), np.zeros((3, 3)), np.zeros(6), {"a": [1]}], ids=str
)
def test_what_does_not_fit_is_refused_by_name(kind, bad):
    with pytest.raises(ValueError, match=r"coordinates.*: expected .*, got"):
        kind.check("coordinates", bad)


@pytest.mark.parametrize("bad", ["ab", [[1, 2], [3]], object()], ids=["text", "rows", "object"])
def test_what_is_no_array_is_refused_by_name(kind, bad):
    with pytest.raises(TypeError, match="coordinates: expected a function, an array"):
        kind.check("coordinates", bad)


@pytest.mark.parametrize("place", [(1, 2), [1.0, 2.0], np.array([[1, 2]])])
def test_a_place_is_two_numbers_of_any_form(place):
    assert checked_place("p", place) == (1.0, 2.0)


@pytest.mark.parametrize("place", [1, (1, 2, 3), None, "ab", ("a", "b")])
def test_what_is_no_place_is_refused(place):
    with pytest.raises(ValueError, match="p: expected two numbers"):
        checked_place("p", place)


def test_a_component_is_counted_through_all_dimensions():
    assert component(np.arange(6).reshape(2, 3), 4) == 4.0
    assert component(2.5, 0) == 2.5
    for nothing in (component(np.zeros(2), 2), component(None, 0), component("x", 0)):
        assert np.isnan(nothing)
