"""SavedModels of Keras 3, Keras 2 and TensorFlow 1: read after a check, and written."""

from __future__ import annotations

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.graphs.saved_model import load_saved_model, write_saved_model
from marcelle_nb.formats.model_files import ModelFiles

FIXTURES = Path(__file__).parents[1] / "fixtures" / "saved-model"
RNG = np.random.default_rng(0)
L = keras.layers


def read(folder, **options):
    return load_saved_model(ModelFiles.open(folder), **options)


def changed(folder, change):
    """Let a function change the graph of a SavedModel."""
    path = folder / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(saved.meta_graphs[0].graph_def)
    path.write_bytes(saved.SerializeToString())


@pytest.fixture
def tf1(tmp_path):
    return shutil.copytree(FIXTURES / "tf1", tmp_path / "tf1")


@pytest.mark.parametrize("name", ["keras2_cnn", "tf1"])
def test_files_of_other_releases_give_their_own_numbers(name):
    io = np.load(FIXTURES / f"{name}.npz")
    model = read(FIXTURES / name)
    results = model({key[3:]: io[key] for key in io if key.startswith("in_")})
    for spec, result in zip(model.outputs, results, strict=True):
        np.testing.assert_allclose(result, io[f"out_{spec.name}"], atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "layers"),
    [
        ((8, 8, 3), [L.Conv2D(4, 3), L.BatchNormalization(), L.Flatten(), L.Dense(2)]),
        ((6, 3), [L.LSTM(4, return_sequences=True), L.GRU(3)]),
    ],
)
def test_keras_3_exports_are_read(shape, layers, tmp_path):
    model = keras.Sequential([keras.Input(shape, name="x"), *layers])
    model.export(tmp_path, verbose=False)
    x = RNG.normal(size=(2, *shape)).astype(np.float32)
    np.testing.assert_allclose(read(tmp_path)(x)[0], model(x), atol=1e-5)


def test_a_table_is_filled_from_the_models_own_file(tf1):
    (ids,) = read(tf1, signature="lookup")(np.array(["dog", "lion", "fish"]))
    assert ids.tolist() == [1, -1, 2]


def test_tags_and_signatures_are_chosen(tf1):
    assert [spec.name for spec in read(tf1).outputs] == ["y", "z"]
    model = read(tf1, tags=["gpu", "train"])
    assert [spec.name for spec in model.inputs] == ["words"]
    assert model.metadata == {"tags": ["gpu", "train"], "signatures": ["lookup"]}
    with pytest.raises(ModelFormatError, match="expected the tags serve or gpu, train, got gpu"):
        read(tf1, tags="gpu")
    with pytest.raises(ModelFormatError, match="expected a signature lookup, serving_default"):
        read(tf1, signature="other")


def test_outputs_are_sorted_by_their_numbers(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, "x")])
    def many(x):
        return {f"output_{i}": x + i for i in range(11)}

    module = tf.Module()
    module.many = many
    tf.saved_model.save(module, tmp_path, signatures=many)
    assert [spec.name for spec in read(tmp_path).outputs] == [f"output_{i}" for i in range(11)]


def test_a_file_operation_in_the_graph_is_refused(tf1):
    def add(graph_def):
        node = graph_def.node.add(op="ReadFile", name="steal", input=["secret"])
        secret = graph_def.node.add(op="Const", name="secret")
        secret.attr["dtype"].type = 7
        secret.attr["value"].tensor.CopyFrom(tf.make_tensor_proto("/etc/passwd"))
        next(n for n in graph_def.node if n.name == "add_1").input.append(f"^{node.name}")

    changed(tf1, add)
    with pytest.raises(UnsafeModel, match="ReadFile"):
        read(tf1)


def test_a_file_operation_in_a_function_is_refused(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string, "path")])
    def steal(path):
        return tf.cond(tf.equal(path, ""), lambda: path, lambda: tf.io.read_file(path))

    module = tf.Module()
    module.steal = steal
    tf.saved_model.save(module, tmp_path, signatures=steal)
    with pytest.raises(UnsafeModel, match="ReadFile"):
        read(tmp_path)


def test_a_table_from_another_file_is_refused(tf1):
    saved = saved_model_pb2.SavedModel.FromString((tf1 / "saved_model.pb").read_bytes())
    saved.meta_graphs[0].collection_def["saved_model_assets"].Clear()
    (tf1 / "saved_model.pb").write_bytes(saved.SerializeToString())
    with pytest.raises(UnsafeModel, match="InitializeTableFromTextFile"):
        read(tf1, signature="lookup")


def test_a_variable_of_another_shape_than_its_value_is_refused(tf1):
    def grow(graph_def):
        node = next(n for n in graph_def.node if n.name == "scope/bias")
        node.attr["shape"].shape.dim[0].size = 3

    changed(tf1, grow)
    with pytest.raises(ModelFormatError, match=r"'scope/bias': expected shape \(3,\), got \(2,\)"):
        read(tf1)


def test_missing_weights_are_refused(tf1):
    shutil.rmtree(tf1 / "variables")
    with pytest.raises(ModelFormatError, match="expected the value of the variable"):
        read(tf1)


def test_what_is_no_saved_model_is_refused(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 50)
    with pytest.raises(ModelFormatError, match="expected a SavedModel"):
        read(tmp_path)


def test_damaged_files_are_refused_or_read(tf1):
    rng = np.random.default_rng(0)
    path = tf1 / "saved_model.pb"
    data = path.read_bytes()
    for _ in range(60):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 5):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            read(tf1)
        except ModelFormatError:
            continue


def test_a_keras_model_is_written_and_read_again(tmp_path):
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    model = keras.Model([b, a], [L.Dense(2, name="d")(L.Concatenate()([a, b])), L.Dense(1)(a)])
    paths = write_saved_model(model, tmp_path / "saved")
    assert paths[0] == tmp_path / "saved" / "saved_model.pb"
    x = {"a": np.ones((2, 4), np.float32), "b": np.zeros((2, 3), np.float32)}
    wanted = {spec: value.numpy() for spec, value in zip(model.output_names, model(x), strict=True)}
    again = read(tmp_path / "saved")
    for spec, result in zip(again.outputs, again(x), strict=True):
        np.testing.assert_allclose(result, wanted[spec.name], atol=1e-6)


def test_loops_and_tables_are_written_and_read_again(tmp_path):
    words = tf.lookup.KeyValueTensorInitializer(tf.constant(["a"]), tf.constant([3]))
    table = tf.lookup.StaticHashTable(words, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "words")])
    def find(words):
        found = table.lookup(words)
        for _ in tf.range(2):
            found = found * 2
        return found

    write_saved_model(find, tmp_path)
    assert read(tmp_path)(np.array(["a", "b"]))[0].tolist() == [12, -4]
    loaded = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    assert loaded(words=tf.constant(["a"]))["output_0"].numpy().tolist() == [12]


def test_a_model_without_signatures_is_refused(tmp_path):
    tf.saved_model.save(tf.Module(), tmp_path)
    with pytest.raises(ModelFormatError, match="signatures, got none"):
        read(tmp_path)


def test_endless_loop_that_would_fill_a_table_is_refused(tf1):
    def loop(graph_def):
        filled = next(node for node in graph_def.node if node.name == "init_all_tables_1")
        graph_def.node.add(op="While", name="forever")
        filled.input.append("^forever")

    changed(tf1, loop)
    with pytest.raises(UnsafeModel, match=r"fills its tables.*While"):
        read(tf1, signature="lookup")
