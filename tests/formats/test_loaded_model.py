import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.tensor_spec import TensorSpec


class Sum(LoadedModel):
    """Adds its inputs up, and tells what it was given."""

    def _run(self, arrays, outputs):
        self.given, self.wanted = arrays, outputs
        return [sum(arrays[1:], start=arrays[0])]


@pytest.fixture
def model():
    specs = [TensorSpec("a", (None, 2), "float32"), TensorSpec("b", None, "float32")]
    return Sum("tflite", inputs=specs, outputs=[TensorSpec("sum", None, "float32")], ops={"ADD": 1})


X = np.ones((3, 2), np.float32)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model(X, 2 * X),
        lambda model: model(X, b=2 * X),
        lambda model: model(b=2 * X, a=X),
        lambda model: model({"b": 2 * X, "a": X}),
        lambda model: model({"b": 2 * X}, a=X),
    ],
)
def test_inputs_are_taken_in_order_and_by_name(model, call):
    np.testing.assert_array_equal(call(model)[0], 3 * X)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model(X),
        lambda model: model(X, X, X),
        lambda model: model(X, X, b=X),
        lambda model: model(X, c=X),
        lambda model: model({"c": X}, X),
    ],
)
def test_missing_doubled_and_unknown_inputs_are_refused(model, call):
    with pytest.raises((ValueError, TypeError), match=r"inputs: expected|expected numbers"):
        call(model)


def test_whole_numbers_become_what_the_model_takes(model):
    model(np.ones((1, 2), np.uint8), [[1, 2]])
    assert [array.dtype for array in model.given] == [np.float32, np.float32]


def test_numbers_that_would_be_cut_are_refused():
    model = Sum("tflite", inputs=[TensorSpec("a", None, "uint8")], outputs=[], ops={})
    assert model(np.array([255]))[0] == 255
    for value in ([256], [0.5], [-1], [float("nan")]):
        with pytest.raises(ValueError, match="a: expected numbers of type uint8"):
            model(value)


def test_text_is_no_number_and_numbers_are_no_text():
    model = Sum("tflite", inputs=[TensorSpec("a", None, "string")], outputs=[], ops={})
    assert model(["word"])[0].tolist() == ["word"]
    with pytest.raises(ValueError, match="a: expected text, got int64"):
        model([1])
    with pytest.raises(ValueError, match="a: expected numbers of type float32"):
        Sum("tflite", inputs=[TensorSpec("a", None, "float32")], outputs=[], ops={})(["word"])
    with pytest.raises(ValueError, match="a: expected numbers of type float32"):
        Sum("tflite", inputs=[TensorSpec("a", None, "float32")], outputs=[], ops={})([1e300])


@pytest.mark.parametrize("shape", [(2,), (1, 3), (1, 2, 1)])
def test_another_shape_is_refused_with_the_one_expected(model, shape):
    with pytest.raises(ValueError, match=r"a: expected shape \? × 2, got \("):
        model(np.ones(shape), X)


def test_other_outputs_are_handed_on(model):
    model(X, X, outputs=["inner"])
    assert model.wanted == ["inner"]


def test_a_model_without_a_graph_says_so(model):
    with pytest.raises(ModelFormatError, match="tflite: expected a model that TensorFlow can run"):
        model.tf_function()
    assert model.keras_model is None


def test_summary_names_every_fact(model):
    model.labels, model.size = ["cat", "dog"], 1234
    assert model.summary().splitlines() == [
        "format: tflite",
        "size: 1,234 bytes",
        "input a: ? × 2, float32",
        "input b: any shape, float32",
        "output sum: any shape, float32",
        "labels: 2 (cat, dog)",
        "operations: ADD × 1",
    ]
