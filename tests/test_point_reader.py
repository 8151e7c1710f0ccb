from typing import Any

import numpy as np

from marcelle_nb.components.point_reader import PointReader, plot_fields
from marcelle_nb.data.dataset import Dataset

NOTHING = {"axes": [], "colors": [], "size": 0}


def test_only_what_is_shown_is_read():
    asked = []

    class Instances(list[Any]):
        def select(self, fields):
            asked.append(fields)
            return self

    here = Instances([{"id": "i", "score": 3, "y": "a"}])
    (point,) = PointReader(("score", 1), "y", None).points(here)
    assert point[0::2] == ("i", "a")
    assert point[1][0] == 3
    assert np.isnan(point[1][1])
    assert asked == [["score", "x", "y", "features", "label"]]
    list(PointReader((0, 1), "who", {}).points(here))
    assert asked[1] == ["who"]


def test_rows_of_early_versions_have_places_and_labels():
    data = Dataset("early rows of a reader")
    data.create({"features": [[1.0, 2.0]], "label": "old"})
    ((_, place, label),) = PointReader((0, 1), "y", None).points(data.items())
    assert (place, label) == ((1.0, 2.0), "old")
    data.clear()


def test_the_first_failure_of_a_function_is_kept_and_the_others_go_on():
    def where(instance):
        if instance["id"] != "c":
            raise ValueError(instance["id"])
        return 1, 2

    reader = PointReader((0, 1), "y", where)
    places = [place for _, place, _ in reader.points([{"id": it} for it in "abc"])]
    assert places[2] == (1.0, 2.0)
    assert str(reader.failure) == "a"


def test_the_fields_of_a_plot_are_added_up():
    first = plot_fields(NOTHING, [{"x": np.zeros((2, 3)), "score": 1.5, "who": "me"}])
    assert first == {"axes": ["score"], "colors": ["y", "score", "who"], "size": 6}
    assert plot_fields(first, [{"x": np.zeros(2), "age": 3}]) == {
        "axes": ["score", "age"],
        "colors": ["y", "score", "who", "age"],
        "size": 6,
    }
