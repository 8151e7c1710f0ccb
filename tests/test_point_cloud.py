import numpy as np

from marcelle_nb.components import point_cloud as module
from marcelle_nb.components.point_cloud import GONE, NUMBER, OTHERS, PointCloud


def numbers(buffers):
    kinds = ("<u4", "<f8", "<u2") if len(buffers) == 3 else ("<f8", "<u2")
    return [np.frombuffer(it, kind).tolist() for it, kind in zip(buffers, kinds, strict=True)]


def cloud_of(*points):
    cloud = PointCloud()
    for identifier, place, label in points:
        cloud.put(identifier, place, label)
    return cloud


def test_points_travel_as_places_and_codes_of_labels_in_first_seen_order():
    cloud = cloud_of(("p", (1, 2), "b"), ("q", (3, 4), "a"), ("r", (5, 6), "b"))
    assert numbers(cloud.everything()) == [[1, 2, 3, 4, 5, 6], [0, 1, 0]]
    assert (cloud.labels, len(cloud)) == ({"b": 0, "a": 1}, 3)


def test_changes_are_those_since_they_were_last_given():
    cloud = cloud_of(("p", (1, 2), "b"), ("q", (3, 4), "a"))
    cloud.everything()
    assert not cloud.has_changed
    cloud.put("q", (9, 9), "c")
    cloud.put("r", (5, 6), "b")
    assert numbers(cloud.changes()) == [[1, 2], [9, 9, 5, 6], [2, 0]]
    assert not cloud.has_changed


def test_a_removed_point_keeps_its_number_and_is_nowhere():
    cloud = cloud_of(("p", (1, 2), "b"), ("q", (3, 4), "a"))
    cloud.remove("p")
    cloud.remove("unknown")
    places, codes = cloud.everything()
    assert np.isnan(np.frombuffer(places)[:2]).all()
    assert np.frombuffer(codes, "<u2").tolist() == [GONE, 1]
    assert (cloud.id(0), cloud.id(1), cloud.id(7), len(cloud)) == ("", "q", "", 1)
    assert np.frombuffer(cloud.numbers(["q", "p", "x"]), "<u4").tolist() == [1]


def test_labels_beyond_the_limit_share_a_code(monkeypatch):
    monkeypatch.setattr(module, "MAX_LABELS", 1)
    cloud = cloud_of(("p", (1, 2), "a"), ("q", (3, 4), "b"), ("r", (3, 4), "c"))
    assert list(cloud.codes()) == [0, OTHERS, OTHERS]


def test_a_cloud_of_mostly_removed_points_says_so():
    cloud = cloud_of(*((str(n), (n, n), "a") for n in range(2_000)))
    assert not cloud.is_hollow
    for n in range(1_900):
        cloud.remove(str(n))
    assert cloud.is_hollow


def test_the_code_of_a_label_that_no_point_has_is_given_to_the_next():
    cloud = cloud_of(("p", (1, 2), "a"), ("q", (3, 4), "b"), ("r", (3, 4), "b"))
    cloud.put("p", (1, 2), "c")
    assert (cloud.labels, cloud.names) == ({"b": 1, "c": 2}, ["", "b", "c"])
    cloud.put("q", (1, 2), "d")
    cloud.remove("r")
    assert (cloud.labels, cloud.names) == ({"c": 2, "d": 0}, ["d", "", "c"])
    cloud.put("new", (1, 2), "e")
    assert list(cloud.codes()) == [2, 0, GONE, 1]
    for turn in range(5_000):
        cloud.put("new", (1, 2), f"label {turn}")
    assert len(cloud.names) <= 4


def test_numbers_are_no_labels_and_travel_beside():
    cloud = cloud_of(("p", (1, 2), 0.5), ("q", (3, 4), "a"), ("r", (5, 6), 7))
    _, codes, values = cloud.everything()
    assert np.frombuffer(codes, "<u2").tolist() == [NUMBER, 0, NUMBER]
    assert np.array_equal(np.frombuffer(values), [0.5, np.nan, 7], equal_nan=True)
    assert cloud.labels == {"a": 0}
    cloud.put("q", (3, 4), -1.0)
    _, _, codes, values = cloud.changes()
    assert np.frombuffer(codes, "<u2").tolist() == [NUMBER]
    assert np.frombuffer(values).tolist() == [-1]
    for identifier in "pqr":
        cloud.put(identifier, (0, 0), "text")
    assert len(cloud.everything()) == 2
