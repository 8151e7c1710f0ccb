import copy
import threading

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.interpreter import interpreter_class, open_interpreter
from tests.formats.tflite_files import NAMES, REFUSED, content, edited, load

RANDOM = np.random.default_rng(3)
IMAGE = RANDOM.random((1, 8, 8, 3)).astype(np.float32)


@pytest.fixture(params=["ai_edge_litert", "tensorflow"])
def interpreter(request, monkeypatch):
    """Both interpreters, of which TensorFlow's is used where the other is not installed."""
    if request.param == "tensorflow":
        monkeypatch.setitem(__import__("sys").modules, "ai_edge_litert.interpreter", None)
    else:
        pytest.importorskip("ai_edge_litert")
    assert interpreter_class().__module__.startswith(request.param)
    return request.param


def bare(name, *arrays):
    """What the interpreter itself gives."""
    interpreter = open_interpreter(content(name), name)
    for details, array in zip(interpreter.get_input_details(), arrays, strict=True):
        interpreter.resize_tensor_input(details["index"], array.shape)
    interpreter.allocate_tensors()
    for details, array in zip(interpreter.get_input_details(), arrays, strict=True):
        interpreter.set_tensor(details["index"], array.astype(details["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]


INPUTS = {
    "gru": RANDOM.random((1, 5, 3)).astype(np.float32),
    "lstm": RANDOM.random((1, 5, 3)).astype(np.float32),
    "text": np.array([2, 0], np.int32),
    "loop": np.ones((2, 2), np.float32),
    "branch": np.ones((2, 2), np.float32),
    "table": np.array([b"b", b"x", b"a"], object),
}


@pytest.mark.parametrize("name", sorted(set(NAMES) - REFUSED - {"signatures"}))
def test_every_kind_of_file_gives_what_the_interpreter_gives(name, interpreter):
    model = load(name)
    given = INPUTS.get(name, IMAGE)
    stored = given
    if model.inputs[0].dtype in {"uint8", "int8", "int16"}:
        stored = RANDOM.integers(0, 100, given.shape).astype(model.inputs[0].dtype)
    expected = bare(name, stored)
    results = model(stored)
    assert [spec.name for spec in model.outputs]
    assert len(results) == len(expected) == len(model.outputs)
    for spec, result, raw in zip(model.outputs, results, expected, strict=True):
        np.testing.assert_array_equal(result, _real(model, spec.name, raw))


def _real(model, name, raw):
    known = model.metadata.get("quantization", {}).get(name)
    if known is None:
        return raw
    return np.float32(known["scale"]) * (raw.astype(np.float32) - known["zero_point"])


@pytest.mark.parametrize("name", ["uint8", "int8", "int16"])
def test_real_numbers_are_rounded_into_a_quantised_input(name):
    model = load(name)
    (scale,), (zero,) = (
        model.metadata["quantization"]["image"][k] for k in ("scale", "zero_point")
    )
    limits = np.iinfo(name)
    stored = np.clip(np.rint(IMAGE / np.float32(scale) + zero), limits.min, limits.max)
    np.testing.assert_array_equal(model(IMAGE)[0], model(stored.astype(name))[0])
    np.testing.assert_allclose(model(IMAGE)[0], load("float32")(IMAGE)[0], atol=0.02)
    assert model.inputs[0].dtype == name
    assert model.outputs[0].dtype == model(IMAGE)[0].dtype == "float32"


def test_real_numbers_beyond_the_range_become_its_ends():
    model = load("uint8")
    high, low = model(np.full_like(IMAGE, 1e9)), model(np.full_like(IMAGE, -np.inf))
    np.testing.assert_array_equal(high[0], model(np.full(IMAGE.shape, 255, np.uint8))[0])
    np.testing.assert_array_equal(low[0], model(np.zeros(IMAGE.shape, np.uint8))[0])


def test_stored_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="expected numbers of type uint8, got int64"):
        load("uint8")(np.full(IMAGE.shape, 256))


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_free_batches_are_resized(rows):
    model = load("float32")
    assert model.inputs[0].shape == (None, 8, 8, 3)
    images = RANDOM.random((rows, 8, 8, 3)).astype(np.float32)
    expected = np.concatenate([model(image[None])[0] for image in images])
    np.testing.assert_allclose(model(images)[0], expected, atol=1e-6)


def test_a_batch_of_one_takes_rows_one_after_another():
    model = load("lstm")
    rows = RANDOM.random((4, 5, 3)).astype(np.float32)
    assert model.inputs[0].shape == (1, 5, 3)
    expected = np.concatenate([model(row[None])[0] for row in rows])
    np.testing.assert_array_equal(model(rows)[0], expected)
    assert model(rows[:0])[0].shape == (0, 2)


def test_recurrent_state_begins_anew_unless_it_is_kept():
    model = load("lstm")
    first = model(INPUTS["lstm"])[0]
    np.testing.assert_array_equal(model(INPUTS["lstm"])[0], first)
    model.stateful = True
    model(INPUTS["lstm"])
    assert not np.array_equal(model(INPUTS["lstm"])[0], first)


def test_inner_tensors_are_given_by_name():
    model = load("float32")
    inner, outer = model(IMAGE, outputs=[_inner(model), "scores"])
    assert inner.shape == (1, 8, 8, 4)
    np.testing.assert_allclose(outer, model(IMAGE)[0], atol=1e-6)
    with pytest.raises(ValueError, match="outputs: expected names of tensors, got 'nothing'"):
        model(IMAGE, outputs=["nothing"])


def _inner(model):
    return next(
        t.name for t in model._interface.tensors if t.shape == (1, 8, 8, 4) and t.data is None
    )


def test_threads_do_not_mix_their_calls():
    model = load("float32")
    images = RANDOM.random((8, 1, 8, 8, 3)).astype(np.float32)
    expected = [model(image)[0] for image in images]
    results = {}

    def work(number):
        results[number] = [model(images[number])[0] for _ in range(50)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        for result in results[number]:
            np.testing.assert_array_equal(result, expected[number])


def test_the_same_shape_is_allocated_once(monkeypatch):
    model = load("float32")
    model(IMAGE)
    calls = []
    interpreter = model._quick._interpreter
    monkeypatch.setattr(interpreter, "allocate_tensors", lambda: calls.append("again"))
    model(IMAGE)
    assert calls == []


def test_it_says_why_it_is_no_graph():
    with pytest.raises(ModelFormatError, match=r"m.tflite: a TensorFlow Lite file only predicts"):
        load("float32").tf_function()


def test_output_that_is_computed_once_has_all_its_names():
    def change(model):
        (signature,) = model.signatureDefs
        (output,) = signature.outputs
        again = copy.copy(output)
        again.name = b"again"
        signature.outputs = [output, again]

    whole, twice = load("float32"), load(edited("float32", change))
    name = whole.outputs[0].name
    assert [spec.name for spec in twice.outputs] == [name, "again"]
    x = np.ones([2, *whole.inputs[0].shape[1:]], np.float32)
    expected = whole(x)[0]
    for result in twice(x):
        np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(twice(x, outputs=["again"])[0], expected)
