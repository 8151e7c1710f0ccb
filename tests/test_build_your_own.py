"""The notebook on building models runs from top to bottom, and what it builds learns."""

import re

import nbformat
import pytest

from tests.notebooks import BUILD_YOUR_OWN, executed, printed

pytestmark = [pytest.mark.kernel, pytest.mark.slow]


@pytest.fixture(scope="module")
def texts():
    notebook = executed(nbformat.read(BUILD_YOUR_OWN, as_version=4))
    return [printed(cell) for cell in notebook.cells if cell.cell_type == "code"]


def one_with(texts, part):
    """Give what the one cell printed that printed this."""
    (text,) = [text for text in texts if part in text]
    return text


def test_every_model_learns_the_spirals(texts):
    accuracies = [
        int(found) for text in texts for found in re.findall(r"accuracy.*?: (\d+)%", text)
    ]
    assert len(accuracies) == 3
    assert min(accuracies) >= 90


def test_layers_that_do_not_fit_are_named(texts):
    told = one_with(texts, "for_pictures")
    assert "layer 'for_pictures': expected min_ndim=4" in told
    assert "input layer 'three': expected inputs of shape 3, got 2" in told


def test_what_was_saved_answers_the_same(texts):
    assert "the same answer: True" in one_with(texts, "the same answer")
    names = one_with(texts, "spirals.tflite")
    for name in ("spirals.keras", "model.json", "group1-shard1of1.bin", "spirals.tflite"):
        assert name in names


def test_the_layer_of_its_own_is_found_again(texts):
    assert "with the layer 'polar'" in one_with(texts, "with the layer")


def test_plain_operations_become_a_graph_of_tensorflow_js(texts):
    assert "tfjs-graph, accuracy" in one_with(texts, "tfjs-graph, ")
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", one_with(texts, "step 600"))]
    assert losses[-1] < losses[0] / 2


def test_it_is_stored_without_outputs_and_stays_short():
    notebook = nbformat.read(BUILD_YOUR_OWN, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert len(code) <= 12
