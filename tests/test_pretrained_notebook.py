"""The notebook on pretrained models runs without a network, on weights that the package makes."""

import re

import nbformat
import pytest

from tests.notebooks import PRETRAINED, all_printed, as_html, code_cells, complaints, executed

pytestmark = [pytest.mark.kernel, pytest.mark.slow]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARCELLE_NB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody answers
        yield executed(nbformat.read(PRETRAINED, as_version=4))


@pytest.fixture(scope="module")
def told(notebook):
    return all_printed(notebook)


def test_it_says_which_weights_it_uses(told):
    assert "made for practice: practice-coco-ssd practice-mobilenet-v1-0.25.h5" in told


def test_the_drawing_is_named_and_what_is_in_it_is_found(told):
    assert re.search(r"^orange: 9\d\.\d%$", told, re.MULTILINE)
    found = re.findall(
        r"^([a-z ]+): (\d+)%, (\d+) pixels wide, from (\d+), (\d+)", told, re.MULTILINE
    )
    assert len(found) == 3  # one box for each
    boxes = {name: [int(number) for number in numbers] for name, *numbers in reversed(found)}
    assert set(boxes) == {"apple", "orange", "sports ball"}
    for name, (left, top, side) in {
        "orange": (170, 90, 300),
        "apple": (50, 60, 120),
        "sports ball": (480, 320, 120),
    }.items():
        _, width, x, y = boxes[name]
        assert width == pytest.approx(side, abs=45)
        assert (x, y) == pytest.approx((left, top), abs=45)


def test_a_small_network_learns_the_flags(told):
    accuracy = re.search(r"accuracy on 30 flags that it has not seen: (\d+)%", told)
    assert accuracy, told
    assert int(accuracy[1]) >= 80


def test_the_page_has_both_networks(told):
    assert re.search(r"\d+ files: index.html and .bin, .css, .js, .json, .txt", told)


def test_the_boxes_are_there_without_a_page(notebook):
    html = as_html(notebook)
    assert "sports ball" in html
    assert "image/svg+xml" in html or "data:image/png" in html


def test_no_cell_has_failed_or_complained(notebook):
    assert complaints(notebook) == []


def test_it_is_stored_without_outputs_and_stays_short():
    notebook = nbformat.read(PRETRAINED, as_version=4)
    code = code_cells(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert len(code) <= 15
