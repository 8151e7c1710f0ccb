import sys

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.onnx_models import external_data, load_onnx, write_onnx
from tests.formats.converted_models import cases, inverse

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper = onnx.helper
FLOAT = onnx.TensorProto.FLOAT

NAMES = ["picture", "free", "lstm", "two", "attention", "words", "function"]


def load(model, **files):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    everything = {"m.onnx": data, **{f"{key}.bin": value for key, value in files.items()}}
    return load_onnx(ModelFiles(everything, main="m.onnx"), "m.onnx")


def model_of(nodes, initializers=(), *, functions=(), domains=(), inputs=("x",), **metadata):
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(name, FLOAT, ["batch", 2]) for name in inputs],
        [helper.make_tensor_value_info("y", FLOAT, None)],
        initializer=list(initializers),
    )
    opsets = [helper.make_opsetid(domain, 17 if not domain else 1) for domain in ("", *domains)]
    model = helper.make_model(graph, opset_imports=opsets, functions=list(functions), ir_version=8)
    helper.set_model_props(model, metadata)
    return model


WEIGHTS = onnx.numpy_helper.from_array(np.array([[1, 2], [3, 4]], np.float32), "w")
PRODUCT = [
    helper.make_node("MatMul", ["x", "w"], ["inner"]),
    helper.make_node("Relu", ["inner"], ["y"]),
]
X = np.array([[1, -1], [2, 0]], np.float32)


def external(**entries):
    weights = onnx.TensorProto()
    weights.CopyFrom(WEIGHTS)
    weights.ClearField("raw_data")
    weights.data_location = onnx.TensorProto.EXTERNAL
    for key, value in entries.items():
        weights.external_data.add(key=key, value=str(value))
    return model_of(PRODUCT, [weights])


def test_inputs_outputs_and_free_sizes_are_described():
    model = load(model_of(PRODUCT, [WEIGHTS]))
    assert str(model.inputs[0]) == "x: ? × 2, float32"
    assert model.ops == {"MatMul": 1, "Relu": 1}
    np.testing.assert_array_equal(model(X)[0], np.maximum(X @ [[1, 2], [3, 4]], 0))


def test_inner_values_are_given_by_name():
    model = load(model_of(PRODUCT, [WEIGHTS]))
    np.testing.assert_array_equal(model(X, outputs=["inner"])[0], X @ [[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="outputs: expected names of values, got 'nothing'"):
        model(X, outputs=["nothing"])


@pytest.mark.parametrize(
    ("key", "text"),
    [("names", "{0: 'cat', 1: 'dog'}"), ("labels", '["cat", "dog"]'), ("classes", "cat,dog")],
)
def test_labels_are_read_from_the_metadata(key, text):
    assert load(model_of(PRODUCT, [WEIGHTS], **{key: text})).labels == ["cat", "dog"]


def test_text_in_the_metadata_is_not_run():
    model = load(model_of(PRODUCT, [WEIGHTS], names="[__import__('os').getcwd()]"))
    assert model.labels is None


def test_custom_domains_are_refused():
    nodes = [helper.make_node("Steal", ["x"], ["y"], domain="evil")]
    with pytest.raises(UnsafeModel, match="got 'Steal' of the domain 'evil'; trust=True"):
        load(model_of(nodes, domains=["evil"]))


def test_custom_domains_inside_branches_and_functions_are_refused():
    inner = helper.make_node("Steal", [], ["z"], domain="evil")
    value = helper.make_tensor_value_info("z", FLOAT, None)
    branch = helper.make_graph([inner], "branch", [], [value])
    node = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
    with pytest.raises(UnsafeModel, match="evil"):
        load(model_of([node], domains=["evil"]))
    function = helper.make_function(
        "own", "Mine", ["a"], ["b"], [helper.make_node("Steal", ["a"], ["b"], domain="evil")], []
    )
    call = helper.make_node("Mine", ["x"], ["y"], domain="own")
    with pytest.raises(UnsafeModel, match="evil"):
        load(model_of([call], functions=[function], domains=["own", "evil"]))


def test_functions_of_the_model_itself_run():
    function = helper.make_function(
        "own",
        "Mine",
        ["a"],
        ["b"],
        [helper.make_node("Neg", ["a"], ["b"])],
        [helper.make_opsetid("", 17)],
    )
    call = helper.make_node("Mine", ["x"], ["y"], domain="own")
    model = load(model_of([call], functions=[function], domains=["own"]))
    np.testing.assert_array_equal(model(X)[0], -X)


def test_weights_beside_the_file_are_read():
    content = b"\0" * 8 + WEIGHTS.raw_data
    model = load(external(location="weights.bin", offset=8, length=16), weights=content)
    np.testing.assert_array_equal(model(X)[0], np.maximum(X @ [[1, 2], [3, 4]], 0))
    assert model.size > len(WEIGHTS.raw_data)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"location": "../secret.bin"}, "file name: expected one inside"),
        ({"location": "/etc/passwd"}, "file name: expected one inside"),
        ({"location": "missing.bin"}, "expected the file 'missing.bin'"),
        ({"location": "weights.bin", "offset": 8}, "expected 16 values .* got 8|got"),
        ({"location": "weights.bin", "offset": 99}, "expected a piece of|an offset and a length"),
        ({"location": "weights.bin", "length": "-1"}, "expected an offset and a length"),
        ({"location": "weights.bin", "length": 10**12}, "expected a piece of 16 bytes"),
    ],
)
def test_weights_elsewhere_are_refused(entries, message):
    with pytest.raises(ModelFormatError, match=message):
        load(external(**entries), weights=WEIGHTS.raw_data)


def test_pieces_of_one_file_are_no_more_than_the_file_by_far(monkeypatch):
    monkeypatch.setattr(external_data, "FREE_BYTES", 0)
    model = external(location="weights.bin")
    load(model, weights=WEIGHTS.raw_data)
    for number in range(9):
        again = model.graph.initializer.add()
        again.CopyFrom(model.graph.initializer[0])
        again.name = f"again{number}"
    with pytest.raises(ModelFormatError, match=r"expected at most [0-9,]+ bytes, got more"):
        load(model, weights=WEIGHTS.raw_data)


def test_tensors_that_do_not_fit_their_bytes_are_refused():
    weights = onnx.TensorProto()
    weights.CopyFrom(WEIGHTS)
    weights.dims[0] = 10**9
    with pytest.raises(ModelFormatError, match=r"tensor 'w': expected 8,000,000,000 values"):
        load(model_of(PRODUCT, [weights]))


def test_a_small_file_cannot_ask_for_much():
    shape = onnx.numpy_helper.from_array(np.array([2**20, 2**20], np.int64), "shape")
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["big"]),
        helper.make_node("ReduceSum", ["big"], ["y"]),
    ]
    with pytest.raises(ModelFormatError, match="ConstantOfShape: expected at most"):
        load(model_of(nodes, [shape]))


def test_what_is_no_model_is_refused():
    for data in (
        b"",
        b"no model",
        b"\x08\x07",
        model_of(PRODUCT, [WEIGHTS]).SerializeToString()[:-9],
    ):
        with pytest.raises(ModelFormatError, match=r"m\.onnx: expected|onnx"):
            load(data)


def test_what_the_runtime_refuses_is_refused():
    with pytest.raises(ModelFormatError, match="expected a model that onnxruntime runs, got"):
        load(model_of([helper.make_node("MatMul", ["x", "nothing"], ["y"])]))


def test_it_says_why_it_is_no_graph():
    with pytest.raises(ModelFormatError, match=r"m\.onnx: an ONNX file only predicts"):
        load(model_of(PRODUCT, [WEIGHTS])).tf_function()


def looping(steps, test):
    """A loop of so many steps whose body goes on as `test` says."""
    value = helper.make_tensor_value_info
    nodes = {
        "always": helper.make_node("Identity", ["go"], ["on"]),
        "true": helper.make_node("Constant", [], ["on"], value=constant(np.array(True))),
        "count": helper.make_node("Less", ["i", "three"], ["on"]),
    }
    body = helper.make_graph(
        [nodes[test], helper.make_node("Neg", ["v"], ["w"])],
        "body",
        [value("i", 7, []), value("go", 9, []), value("v", FLOAT, None)],
        [value("on", 9, []), value("w", FLOAT, None)],
    )
    node = helper.make_node("Loop", ["steps" if steps else "", "", "x"], ["y"], body=body)
    return model_of(
        [node], [constant(np.int64(steps or 0), "steps"), constant(np.int64(3), "three")]
    )


def constant(value, name=""):
    return onnx.numpy_helper.from_array(np.asarray(value), name)


@pytest.mark.parametrize(("steps", "test"), [(2**62, "always"), (None, "always"), (2**62, "true")])
def test_loops_without_end_are_refused(steps, test):
    with pytest.raises(ModelFormatError, match="Loop: expected at most 1,000,000 steps or a test"):
        load(looping(steps, test))


def test_numbers_that_native_code_takes_as_they_are_are_refused():
    value = helper.make_tensor_value_info("y", FLOAT, None)
    empty = looping(3, "always")
    empty.graph.initializer[0].CopyFrom(constant(np.zeros(0, np.int64), "steps"))
    split = helper.make_node("SplitToSequence", ["x", "n"], ["s"])
    joined = helper.make_node("ConcatFromSequence", ["s"], ["y"], axis=0)
    scan = helper.make_node(
        "Scan",
        ["x"],
        ["y"],
        num_scan_inputs=2**31 - 1,
        body=helper.make_graph([], "b", [], [value]),
    )
    for model, message in [
        (empty, "Loop: expected one number"),
        (model_of([split, joined], [constant(np.int64(0), "n")]), "expected parts, got"),
        (model_of([scan]), "Scan: expected 1 to 1 inputs, got 2147483647"),
    ]:
        with pytest.raises(ModelFormatError, match=message):
            load(model)


def test_loops_that_end_run():
    np.testing.assert_array_equal(load(looping(3, "always"))(X)[0], -X)
    np.testing.assert_array_equal(load(looping(2**62, "count"))(X)[0], X)


def test_inputs_of_any_rank_are_taken_and_scalars_stay_scalars():
    def of(shape):
        model = model_of([helper.make_node("Neg", ["x"], ["y"])])
        model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", FLOAT, shape))
        return load(model)

    assert of(None).inputs[0].shape is None
    np.testing.assert_array_equal(of(None)(X[None])[0], -X[None])
    assert of([]).inputs[0].shape == ()
    with pytest.raises(ValueError, match="x: expected shape"):
        of([])(X)


def test_a_classifier_of_dictionaries_gives_an_array_and_its_labels():
    nodes = [
        helper.make_node(
            "LinearClassifier",
            ["x"],
            ["label", "scores"],
            domain="ai.onnx.ml",
            coefficients=[1.0, 2.0, -1.0, 0.0],
            intercepts=[0.0, 0.0],
            classlabels_strings=["cat", "dog"],
        ),
        helper.make_node(
            "ZipMap", ["scores"], ["y"], domain="ai.onnx.ml", classlabels_strings=["cat", "dog"]
        ),
    ]
    model = model_of(nodes, domains=["ai.onnx.ml"])
    map_type = helper.make_map_type_proto(8, helper.make_tensor_type_proto(FLOAT, []))
    model.graph.output[0].type.CopyFrom(helper.make_sequence_type_proto(map_type))
    loaded = load(model)
    assert loaded.labels == ["cat", "dog"]
    np.testing.assert_allclose(loaded(X)[0], X @ np.array([[1, -1], [2, 0]]))


def test_nothing_is_printed_of_files_that_the_runtime_refuses(capsys):
    model = model_of([helper.make_node("Relu", ["x"], ["nowhere"])])
    data = model.SerializeToString()
    for changed in (
        data,
        data.replace(b"nowhere", b"\x8cowhere"),
        data.replace(b"\x05Relu", b"\x05Rel\x8c"),
    ):
        with pytest.raises(ModelFormatError):
            load(changed)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_with_how_to_install_it(monkeypatch, package):
    data = model_of(PRODUCT, [WEIGHTS]).SerializeToString()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelFormatError, match=rf"the package {package}, .*marcelle-nb\[onnx\]"):
        load(data)


@pytest.fixture(scope="module")
def models():
    return dict(cases())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_computes_the_same(models, tmp_path, name):
    pytest.importorskip("tf2onnx")
    source, arrays, expected = models[name]
    (path,) = write_onnx(source, tmp_path / "made.onnx")
    model = load_onnx(ModelFiles.open(path), path.name)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    assert model.inputs[0].shape is not None
    assert model.inputs[0].shape[0] is None
    for result, wanted in zip(model(*arrays), expected, strict=True):
        np.testing.assert_allclose(result, wanted, atol=1e-5)


def test_names_and_order_are_those_of_the_source(models, tmp_path):
    pytest.importorskip("tf2onnx")
    (path,) = write_onnx(models["two"][0], tmp_path / "made.onnx")
    model = load_onnx(ModelFiles.open(path), path.name)
    assert [spec.name for spec in model.inputs] == ["b_in", "a_in"]
    assert [spec.name for spec in model.outputs] == ["z", "y"]


def test_constants_are_no_inputs_and_exact_gelu_is_written(tmp_path):
    pytest.importorskip("tf2onnx")
    import keras

    layers = keras.layers
    normalised = layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 4.0])
    source = keras.Sequential(
        [keras.Input((2,), name="x"), normalised, layers.Dense(3, activation="gelu")]
    )
    (path,) = write_onnx(source, tmp_path / "made.onnx")
    model = load_onnx(ModelFiles.open(path), path.name)
    assert [spec.name for spec in model.inputs] == ["x"]
    np.testing.assert_allclose(model(X)[0], source(X).numpy(), atol=1e-5)


def test_operations_that_onnx_lacks_are_named_and_no_file_is_left(tmp_path):
    pytest.importorskip("tf2onnx")
    with pytest.raises(ModelFormatError, match="expected operations that ONNX has, got Matrix"):
        write_onnx(inverse(), tmp_path / "made.onnx")
    assert list(tmp_path.iterdir()) == []


def test_mutated_files_load_or_are_refused():
    data = model_of(PRODUCT, [WEIGHTS]).SerializeToString()
    chance = np.random.default_rng(1)
    for _ in range(500):
        changed = bytearray(data)
        for place in chance.integers(0, len(data), chance.integers(1, 4)):
            changed[place] = chance.integers(256)
        try:
            model = load(bytes(changed))
        except ModelFormatError:
            continue
        assert model.format == "onnx"


def test_functions_that_call_each_other_without_end_are_refused():
    def calling(name, called, times):
        names = ["a", *(f"t{i}" for i in range(1, times)), "b"]
        nodes = [
            helper.make_node(called, [names[i]], [names[i + 1]], domain="my" * (called != "Relu"))
            for i in range(times)
        ]
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("my", 1)]
        return helper.make_function("my", name, ["a"], ["b"], nodes, opsets)

    call = [helper.make_node("F0", ["x"], ["y"], domain="my")]
    doubled = [calling(f"F{i}", f"F{i + 1}", 2) for i in range(24)] + [calling("F24", "Relu", 1)]
    with pytest.raises(ModelFormatError, match="all calls written out"):
        load(model_of(call, functions=doubled, domains=["my"]))
    with pytest.raises(ModelFormatError, match="longer chain or a circle"):
        load(model_of(call, functions=[calling("F0", "F0", 1)], domains=["my"]))


def test_sparse_tensors_that_grow_or_lie_in_other_files_are_refused():
    def sparse(size):
        values = onnx.numpy_helper.from_array(np.ones(1, np.float32), "s")
        indices = onnx.numpy_helper.from_array(np.zeros(1, np.int64), "places")
        return helper.make_sparse_tensor(values, indices, [size])

    model = model_of(PRODUCT, [WEIGHTS])
    model.graph.sparse_initializer.append(sparse(10**9))
    with pytest.raises(ModelFormatError, match="'s': expected at most 1,024 values"):
        load(model)
    outside = sparse(2)
    outside.values.data_location = onnx.TensorProto.EXTERNAL
    outside.values.external_data.add(key="location", value="secret")
    constant = helper.make_node("Constant", [], ["z"], sparse_value=outside)
    with pytest.raises(ModelFormatError, match="got another file's"):
        load(model_of([constant, *PRODUCT], [WEIGHTS]))


def test_nothing_is_computed_from_constants_while_a_file_is_opened():
    start = onnx.numpy_helper.from_array(np.ones(1024, np.float32), "c0")
    doubling = [helper.make_node("Concat", [f"c{i}"] * 2, [f"c{i + 1}"], axis=0) for i in range(40)]
    total = helper.make_node("ReduceSum", ["c40"], ["s"], keepdims=0)
    result = helper.make_node("Add", ["x", "s"], ["y"])
    assert load(model_of([*doubling, total, result], [start])).ops["Concat"] == 40
