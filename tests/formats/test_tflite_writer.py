import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tflite import load_tflite, write_tflite
from marcelle_nb.formats.tflite.output_order import ordered
from tests.formats.converted_models import cases, inverse
from tests.formats.tflite_files import edited, load

NAMES = ["picture", "free", "lstm", "two", "attention", "words", "function"]


@pytest.fixture(scope="module")
def models():
    return dict(cases())


def written(source, folder, **options):
    (path,) = write_tflite(source, folder / "made.tflite", **options)
    return load_tflite(ModelFiles.open(path), path.name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("quantize", "atol"), [(None, 1e-5), ("float16", 3e-3), ("int8", 0.02)])
def test_what_is_written_computes_the_same(models, tmp_path, name, quantize, atol):
    source, arrays, expected = models[name]
    results = written(source, tmp_path, quantize=quantize)(*arrays)
    assert len(results) == len(expected)
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, wanted, atol=atol)


def test_names_and_order_are_those_of_the_source(models, tmp_path):
    model = written(models["two"][0], tmp_path)
    assert [spec.name for spec in model.inputs] == ["b_in", "a_in"]
    assert [spec.name for spec in model.outputs] == ["z", "y"]
    assert model.signature == "serving_default"
    function = written(models["function"][0], tmp_path)
    assert [spec.name for spec in function.inputs] == ["p", "q"]
    assert [spec.name for spec in function.outputs] == ["sum", "top"]


def test_batches_stay_free_but_for_loops_over_time(models, tmp_path):
    assert written(models["picture"][0], tmp_path).inputs[0].shape == (None, 8, 8, 3)
    assert written(models["lstm"][0], tmp_path).inputs[0].shape == (1, 5, 3)


@pytest.mark.parametrize("name", ["picture", "two"])
def test_representative_rows_make_whole_numbers(models, tmp_path, name):
    source, arrays, expected = models[name]
    given = arrays if len(arrays) > 1 else arrays[0]
    model = written(source, tmp_path, quantize="int8", representative=given)
    assert model.ops["QUANTIZE"] >= 1
    assert model.inputs[0].dtype == model.outputs[0].dtype == "float32"
    for result, wanted in zip(model(*arrays), expected, strict=True):
        np.testing.assert_allclose(result, wanted, atol=0.05)


def test_representative_rows_are_checked(models, tmp_path):
    source, arrays, _ = models["two"]
    for given, message in [
        (arrays[:1], "expected arrays for"),
        ({"a_in": arrays[0]}, "expected arrays for"),
        ([arrays[0], arrays[1][:, :2]], "a_in: expected rows of"),
        ([arrays[0], arrays[1][:0]], "a_in: expected rows of"),
    ]:
        with pytest.raises(ValueError, match=message):
            write_tflite(source, tmp_path / "m", quantize="int8", representative=given)
    with pytest.raises(ValueError, match='representative: expected quantize="int8"'):
        write_tflite(source, tmp_path / "m", representative=arrays)


def test_loops_over_time_are_not_measured(models, tmp_path):
    source, arrays, _ = models["lstm"]
    with pytest.raises(ModelFormatError, match="expected a model without loops over time"):
        write_tflite(source, tmp_path / "m", quantize="int8", representative=arrays[0])


def test_operations_that_are_missing_are_named_and_no_file_is_left(tmp_path):
    with pytest.raises(ModelFormatError, match="got MatrixInverse; SavedModel keeps them"):
        write_tflite(inverse(), tmp_path / "m.tflite")
    assert list(tmp_path.iterdir()) == []


def test_layers_with_gradients_of_their_own_keep_their_names(tmp_path):
    import keras

    layer = keras.layers.SeparableConv2D(4, 3, activation="swish")
    source = keras.Sequential([keras.Input((8, 8, 3), name="image"), layer])
    given = np.random.default_rng(1).random((2, 8, 8, 3)).astype(np.float32)
    model = written(source, tmp_path)
    assert [spec.name for spec in model.inputs] == ["image"]
    np.testing.assert_allclose(model(given)[0], source(given).numpy(), atol=1e-5)


def test_warning_filters_of_other_threads_are_kept(models, tmp_path, monkeypatch):
    import tensorflow as tf

    converted = tf.lite.TFLiteConverter.from_concrete_functions

    class Converter:
        def __init__(self, *arguments):
            self.real = converted(*arguments)

        def convert(self):
            other = threading.Thread(
                target=lambda: warnings.filterwarnings("ignore", "of another thread")
            )
            other.start()
            other.join()
            return self.real.convert()

    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_concrete_functions", Converter)
    with warnings.catch_warnings():
        write_tflite(models["picture"][0], tmp_path / "m.tflite")
        assert any("of another thread" in str(entry[1]) for entry in warnings.filters)


def test_a_float16_file_is_half_as_large(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((300,)), keras.layers.Dense(300)])
    sizes = [written(model, tmp_path, quantize=q).size for q in (None, "float16", "int8")]
    assert sizes[1] < 0.55 * sizes[0]
    assert sizes[2] < 0.3 * sizes[0]


def test_other_sources_are_refused(models, tmp_path):
    import keras

    with pytest.raises(ValueError, match=r"quantize: .*'uint8'"):
        write_tflite(models["two"][0], tmp_path / "m", quantize="uint8")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected a Keras model or a tf\.function, got 3"):
        write_tflite(3, tmp_path / "m")
    with pytest.raises(ModelFormatError, match="a TensorFlow Lite file only predicts"):
        write_tflite(load("float32"), tmp_path / "m")
    with pytest.raises(ModelFormatError, match="expected a model whose inputs are known"):
        write_tflite(keras.Sequential([keras.layers.Dense(2)]), tmp_path / "m")


def test_an_object_with_a_keras_model_is_written(models, tmp_path):
    source, arrays, expected = models["picture"]
    model = written(SimpleNamespace(keras_model=source), tmp_path)
    np.testing.assert_allclose(model(*arrays)[0], expected[0], atol=1e-5)


def test_equal_outputs_keep_their_names(tmp_path):
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
    def twice(x):
        return {"b": tf.nn.relu(x), "a": x + 1.0, "c": tf.nn.relu(x)}

    model = written(twice, tmp_path)
    x = np.array([[-1, 0, 2]], np.float32)
    results = dict(zip([spec.name for spec in model.outputs], model(x), strict=True))
    assert {name: result.tolist() for name, result in results.items()} == {
        "a": [[0, 1, 3]],
        "b": [[0, 0, 2]],
        "c": [[0, 0, 2]],
    }


def test_file_that_the_converter_did_not_finish_is_told():
    data = edited("float32", lambda model: setattr(model, "signatureDefs", []))
    with pytest.raises(ModelFormatError, match="tflite: expected a whole file of the converter"):
        ordered(data, ["x"], ["y"])
