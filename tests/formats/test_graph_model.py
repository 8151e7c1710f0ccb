"""TensorFlow.js graph models give here what they give in TensorFlow.js."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_model import load_graph_model
from tests.formats.graph_makers import (
    FLOAT,
    INT,
    constant,
    floats,
    graph,
    ints,
    model_files,
    node,
    placeholder,
)
from tests.formats.tfjs_node import requires_tfjs, run_tfjs

FIXTURES = Path(__file__).parents[1] / "fixtures"
MODELS = sorted(
    path.parent
    for folder in ("tfjs-graph", "graph-models")
    for path in (FIXTURES / folder).glob("*/model.json")
)


def load(folder, **options):
    return load_graph_model(ModelFiles.open(folder / "model.json"), "model.json", **options)


def tensors(folder, key):
    told = json.loads((folder / "io.json").read_text())[key]
    return {t["name"]: array(t) for t in told}


def array(told):
    dtype = object if told["dtype"] == "string" else told["dtype"]
    return np.array(told["data"], dtype).reshape(told["shape"])


def assert_same(got, wanted):
    assert got.shape == wanted.shape
    if wanted.dtype == object:
        assert [text.decode() for text in got.ravel()] == wanted.ravel().tolist()
    else:
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("folder", MODELS, ids=lambda path: path.name)
def test_a_model_gives_what_it_gives_in_tensorflow_js_in_its_order(folder):
    model = load(folder)
    wanted = tensors(folder, "outputs")
    for got, value in zip(model(tensors(folder, "inputs")), wanted.values(), strict=True):
        assert_same(got, value)
    if folder.name != "structured":
        assert [spec.name for spec in model.outputs] == list(wanted)


def test_structured_outputs_have_the_names_of_the_file():
    model = load(FIXTURES / "graph-models" / "structured")
    assert [spec.name for spec in model.outputs] == ["10", "2", "b"]


@pytest.mark.slow
def test_small_models_load_within_a_tenth_of_a_second():
    folders = [folder for folder in MODELS if folder.name != "mobilenet_025_96__uint8"]
    load(folders[0])
    taken = []
    for folder in folders:
        start = time.perf_counter()
        load(folder)
        taken.append(time.perf_counter() - start)
    assert np.median(taken) <= 0.1


def test_any_node_is_an_output_on_request():
    folder = FIXTURES / "tfjs-graph" / "cnn_classifier"
    model = load(folder)
    logits, probabilities = model(
        tensors(folder, "inputs"),
        outputs=["StatefulPartitionedCall/sequential_1/probs_1/BiasAdd", "output_0"],
    )
    exponents = np.exp(logits)
    np.testing.assert_allclose(
        probabilities, exponents / exponents.sum(1, keepdims=True), rtol=1e-5
    )


@requires_tfjs
def test_an_intermediate_node_is_that_of_tensorflow_js():
    folder = FIXTURES / "tfjs-graph" / "mobilenet_025_96__uint8"
    inputs = tensors(folder, "inputs")
    model = load(folder)
    name = next(n.name for n in model.graph_def.node if n.op == "Mean")
    (wanted,), (got,) = run_tfjs(folder, inputs, [name]), model(inputs, outputs=[name])
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


def test_a_node_that_does_not_exist_is_refused_by_name():
    with pytest.raises(ValueError, match=r"expected names of outputs .* got 'nothing'"):
        load(FIXTURES / "graph-models" / "bare")(np.zeros((1, 4), np.float32), outputs=["nothing"])


def test_inputs_go_by_signature_and_by_node():
    model = load(FIXTURES / "graph-models" / "division")
    x, z = floats([7.0]), floats([2.0])
    by_node = model(x=x, z=z)
    by_key = model(**{"x:0": x, "z:0": z})
    assert [a.tolist() for a in by_node] == [a.tolist() for a in by_key]


def test_what_is_known_of_a_model_is_told():
    model = load(FIXTURES / "tfjs-graph" / "cnn_classifier")
    assert model.format == "tfjs-graph"
    assert str(model.inputs[0]) == "image: ? × 32 × 32 × 3, float32"
    assert str(model.outputs[0]) == "output_0: ? × 10, float32"
    assert model.ops["_FusedConv2D"] == 4
    assert model.size == sum(
        path.stat().st_size
        for path in (FIXTURES / "tfjs-graph" / "cnn_classifier").iterdir()
        if path.name != "io.json"
    )
    assert "TensorFlow.js" in model.metadata["convertedBy"]


def test_another_operation_than_tensorflow_js_runs_is_refused():
    writes = graph(
        constant("name", b"/nowhere", object),
        constant("text", b"text", object),
        node("write", "WriteFile", "name", "text"),
    )
    with pytest.raises(UnsafeModel, match="got WriteFile; only trust=True opens it"):
        load_graph_model(model_files(writes), "model.json")


def test_another_operation_in_the_initialiser_is_refused():
    from google.protobuf import json_format

    reads = graph(constant("name", b"/etc/passwd", object), node("read", "ReadFile", "name"))
    files = model_files(
        graph(placeholder("x"), node("y", "Relu", "x", T=FLOAT)),
        modelInitializer=json_format.MessageToDict(reads),
    )
    with pytest.raises(UnsafeModel, match="ReadFile"):
        load_graph_model(files, "model.json")


def test_trust_opens_other_operations():
    lgamma = graph(placeholder("x"), node("y", "Lgamma", "x", T=FLOAT))
    with pytest.raises(UnsafeModel):
        load_graph_model(model_files(lgamma), "model.json")
    model = load_graph_model(model_files(lgamma), "model.json", trust=True)
    assert model(floats([1, 2]))[0].tolist() == [0, 0]


def test_a_layers_model_is_refused():
    with pytest.raises(ModelFormatError, match="expected a graph model, got a layers model"):
        load(FIXTURES / "tfjs-layers" / "mlp_dense")


def test_an_input_of_the_wrong_shape_is_a_value_error():
    model = load(FIXTURES / "tfjs-graph" / "cnn_classifier")
    with pytest.raises(ValueError, match="image: expected shape"):
        model(np.zeros((1, 30, 30, 3), np.float32))


def test_an_error_of_tensorflow_is_a_value_error():
    product = graph(placeholder("a"), placeholder("b"), node("y", "MatMul", "a", "b", T=FLOAT))
    model = load_graph_model(model_files(product), "model.json")
    with pytest.raises(ValueError, match="expected inputs that the graph takes"):
        model(np.ones((1, 2), np.float32), np.ones((3, 1), np.float32))


def test_an_input_with_a_default_may_be_left_out():
    kept = node("keep", "PlaceholderWithDefault", "one", dtype=FLOAT)
    kept.attr["shape"].shape.SetInParent()
    made = graph(
        placeholder("x"), constant("one", 2.0), kept, node("y", "Mul", "x", "keep", T=FLOAT)
    )
    model = load_graph_model(model_files(made), "model.json")
    assert model(floats([3]))[0].tolist() == [6]
    assert model(floats([3]), floats(5))[0].tolist() == [15]


def test_weights_take_the_type_that_their_constant_declares():
    shift = constant("shift", [0], np.int64)
    shift.attr["value"].tensor.tensor_content = b""
    made = graph(placeholder("x", 9), shift, node("y", "AddV2", "x", "shift", T=9))
    files = model_files(made, {"shift": ints([7])})
    (got,) = load_graph_model(files, "model.json")(ints([1]))
    assert got.dtype == np.int32
    assert got.tolist() == [8]


def test_labels_of_marcelle_are_read():
    files = model_files(
        graph(placeholder("x"), node("y", "Relu", "x", T=FLOAT)),
        marcelle={"type": "tfjs-model", "tfjsModelFormat": "graph-model", "labels": ["a", "b"]},
    )
    assert load_graph_model(files, "model.json").labels == ["a", "b"]


def loop_without_anchors():
    """A loop as `coco-ssd` has it: constants in it, tied to nothing, and an array of tensors."""
    in_loop = [
        node("merge", "Merge", "enter", "next", T=INT, N=2),
        node("merge_x", "Merge", "enter_x", "next_x", T=FLOAT, N=2),
        node("less", "Less", "merge", "limit", T=INT),
        node("cond", "LoopCond", "less"),
        node("switch", "Switch", "merge", "cond", T=INT),
        node("switch_x", "Switch", "merge_x", "cond", T=FLOAT),
        node("add", "Add", "switch:1", "one", T=INT),
        node("scaled", "Mul", "switch_x:1", "x", T=FLOAT),
        node("next", "NextIteration", "add", T=INT),
        node("next_x", "NextIteration", "scaled", T=FLOAT),
        node("exit", "Exit", "switch_x", T=FLOAT),
    ]
    return graph(
        placeholder("x"),
        constant("zero", 0, np.int32),
        constant("one", 1, np.int32),
        constant("limit", 3, np.int32),
        node("enter", "Enter", "zero", T=INT, frame_name=b"loop", parallel_iterations=32),
        node("enter_x", "Enter", "x", T=FLOAT, frame_name=b"loop", parallel_iterations=32),
        *in_loop,
    )


def test_a_loop_takes_constants_and_tensors_that_are_not_tied_to_it():
    (got,) = load_graph_model(model_files(loop_without_anchors()), "model.json")(floats([2, 3]))
    assert got.tolist() == [16, 81]


@requires_tfjs
def test_tensorflow_js_runs_such_a_loop_too(tmp_path):
    files = model_files(loop_without_anchors(), {"zero": ints(0), "one": ints(1),
                                                 "limit": ints(3)})  # fmt: skip
    for name in files.names:
        (tmp_path / name).write_bytes(files.read(name))
    (got,) = run_tfjs(tmp_path, [floats([2, 3])])
    assert got.tolist() == [16, 81]


def test_a_constant_of_another_type_than_its_value_is_refused():
    made = graph(placeholder("x"), constant("k", 3.0), node("y", "Mul", "x", "k", T=FLOAT))
    made.node[1].attr["dtype"].type = INT
    with pytest.raises(ModelFormatError, match="'k': expected a value of type 3, got 1"):
        load_graph_model(model_files(made), "model.json")
