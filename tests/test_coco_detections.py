import math

import numpy as np

from marcelle_nb.models.coco_detections import coco_detections

UNIT = np.array([[0.25, 0.5, 0.75, 1.0]], np.float32)


def found(scores, boxes=UNIT, size=(100, 200), max_boxes=20, min_score=0.5):
    return coco_detections(np.array(scores, np.float32), boxes, size, max_boxes, min_score)


def row(**scores):
    return [[scores.get(f"n{number}", 0.0) for number in range(1, 91)]]


def test_a_box_is_left_top_width_height_in_pixels():
    (detection,) = found(row(n1=0.75))
    assert detection.bbox == (100.0, 25.0, 100.0, 50.0)
    assert (detection.class_, detection.confidence) == ("person", 0.75)


def test_the_first_column_is_class_one_and_the_highest_wins():
    assert found(row(n1=0.7, n18=0.9))[0].class_ == "dog"
    assert found(row(n1=0.75, n18=0.75))[0].class_ == "person"


def test_a_number_that_coco_never_gave_away_is_no_failure():
    assert [it.class_ for it in found(row(n12=0.9))] == ["class 12"]


def test_values_are_plain():
    (detection,) = found(row(n1=0.75))
    assert {type(value) for value in (*detection.bbox, detection.confidence)} == {float}


def test_scores_that_are_no_numbers_count_for_nothing():
    assert found(row(n1=math.nan, n18=0.9))[0].class_ == "dog"
    assert found(row(n1=math.nan)) == []


def test_nothing_above_the_score_is_nothing():
    assert found(row(n1=0.5)) == []
    assert found(np.zeros((1, 90)), min_score=0) == []
