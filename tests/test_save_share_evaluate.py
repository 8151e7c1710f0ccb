"""The notebook on saving, sharing and evaluating runs from top to bottom, with its two kernels."""

import re

import nbformat
import pytest

from tests.notebooks import (
    SAVE_SHARE_EVALUATE,
    all_printed,
    as_html,
    code_cells,
    complaints,
    executed,
    printed,
)

pytestmark = [pytest.mark.kernel, pytest.mark.slow]


@pytest.fixture(scope="module")
def notebook():
    return executed(nbformat.read(SAVE_SHARE_EVALUATE, as_version=4))


@pytest.fixture(scope="module")
def told(notebook):
    return all_printed(notebook)


def test_the_second_kernel_knows_what_the_first_has_saved(told):
    assert "the second kernel knows: ball box gate" in told


def test_the_first_kernel_follows_the_training_of_the_second(told):
    assert "the second kernel has trained for 40 epochs" in told
    assert "this one has followed: True" in told


def test_pictures_that_it_has_never_seen_are_recognised_but_not_all(told):
    accuracy = re.search(r"accuracy on the test set: (\d+)%", told)
    assert accuracy, told
    assert int(accuracy[1]) >= 80
    mistakes = re.search(r"most often, (\d+) times, it takes a (\w+) for a (\w+)", told)
    assert mistakes, told
    assert int(mistakes[1]) >= 1
    assert mistakes[2] != mistakes[3]


def test_the_report_and_the_trainings_of_both_kernels_are_there_without_a_page(notebook):
    html = as_html(notebook)
    for text in ("precision", "recall", "first kernel-1", "second kernel-1"):
        assert text in html


def test_what_was_downloaded_or_saved_answers_the_same(notebook, told):
    assert "mlpclassifier.json mlpclassifier.weights.bin" in told
    assert "the same answer: True" in told
    assert "saved as: our things" in told
    assert "label='ball'" in printed(code_cells(notebook)[-1])


def test_neither_kernel_has_failed_or_complained(notebook):
    assert complaints(notebook) == []


def test_it_is_stored_without_outputs_and_stays_short():
    notebook = nbformat.read(SAVE_SHARE_EVALUATE, as_version=4)
    code = code_cells(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert len(code) <= 13
