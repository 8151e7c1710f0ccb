import pytest

from marcelle_nb.models.coco_classes import COCO_CLASSES, N_NUMBERS, coco_class

MISSING = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]


def test_eighty_classes_have_names_and_ten_numbers_have_none():
    assert len(set(COCO_CLASSES.values())) == len(COCO_CLASSES) == 80
    assert [number for number in range(1, N_NUMBERS + 1) if number not in COCO_CLASSES] == MISSING


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "person"), (10, "traffic light"), (88, "teddy bear"), (90, "toothbrush")],
)
def test_a_number_is_that_of_coco(number, name):
    assert coco_class(number) == name


def test_a_number_without_a_class_is_named_by_itself():
    assert coco_class(12) == "class 12"
