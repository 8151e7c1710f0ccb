import numpy as np
import pytest

from marcelle_nb.models.box_suppression import surest_boxes


def chosen(boxes, scores, max_boxes=20, max_overlap=0.5, min_score=0.5):
    return surest_boxes(
        np.array(boxes, np.float32),
        np.array(scores, np.float32),
        max_boxes,
        max_overlap,
        min_score,
    )


def box(top, left, side=1.0):
    return [top, left, top + side, left + side]


def naive(boxes, scores, max_boxes, max_overlap, min_score):
    """Choose one by one, as TensorFlow.js does, in plain Python."""
    order = sorted(range(len(boxes)), key=lambda place: (-scores[place], place))
    taken: list[int] = []
    for place in order:
        if len(taken) == max_boxes or not scores[place] > min_score:
            break
        if all(overlap(boxes[place], boxes[other]) < max_overlap for other in taken):
            taken.append(place)
    return taken


def overlap(a, b):
    (ay, by), (ax, bx) = ([sorted((it[i], it[i + 2])) for it in (a, b)] for i in (0, 1))
    areas = [(y[1] - y[0]) * (x[1] - x[0]) for y, x in ((ay, ax), (by, bx))]
    if min(areas) <= 0:
        return 0.0
    sides = [max(0.0, min(p[1], q[1]) - max(p[0], q[0])) for p, q in ((ay, by), (ax, bx))]
    return sides[0] * sides[1] / (sum(areas) - sides[0] * sides[1])


@pytest.mark.parametrize("seed", range(20))
def test_it_chooses_as_one_by_one_does(seed):
    rng = np.random.default_rng(seed)
    boxes = rng.random((200, 4)).astype(np.float32)
    scores = rng.choice(np.linspace(0, 1, 30), 200).astype(np.float32)
    threshold = float(rng.choice([0.0, 0.1, 0.3, 0.5]))
    given = (12, threshold, threshold)
    assert chosen(boxes, scores, *given) == naive(boxes.tolist(), scores.tolist(), *given)


def test_the_surest_comes_first_and_of_equals_the_first():
    assert chosen([box(0, 0), box(5, 5), box(9, 9)], [0.6, 0.9, 0.9]) == [1, 2, 0]


def test_an_overlap_of_exactly_the_limit_is_too_much():
    # 1 of 2 in common
    assert chosen([[0, 0, 1, 2], [0, 0, 1, 1]], [0.9, 0.8]) == [0]
    assert chosen([[0, 0, 1, 2], [0, 0, 1, 1]], [0.9, 0.8], max_overlap=0.51) == [0, 1]


def test_a_score_of_exactly_the_limit_is_too_low():
    assert chosen([box(0, 0), box(5, 5)], [0.5, 0.75]) == [1]


def test_corners_may_stand_in_any_order():
    assert chosen([[0, 0, 1, 1], [1, 1, 0, 0]], [0.9, 0.8]) == [0]


def test_a_box_without_area_overlaps_nothing():
    assert chosen([box(0, 0), box(0, 0, 0)], [0.9, 0.8]) == [0, 1]


def test_a_limit_of_zero_leaves_one_box():
    assert chosen([box(0, 0), box(5, 5)], [0.9, 0.8], max_overlap=0, min_score=0) == [0]


def test_boxes_without_end_are_no_failure():
    assert chosen([[-np.inf, 0, np.inf, 1], box(0, 0), [np.nan] * 4], [0.9, 0.8, 0.7])[0] == 0


def test_no_more_than_asked_for():
    assert chosen([box(n * 2, 0) for n in range(9)], [0.9] * 9, max_boxes=3) == [0, 1, 2]
    assert chosen(np.zeros((0, 4)), []) == []
