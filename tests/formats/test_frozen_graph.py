"""Frozen graphs: read after a check, and written."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.graphs.frozen_graph import load_frozen_graph, write_frozen_graph
from marcelle_nb.formats.model_files import ModelFiles

FIXTURES = Path(__file__).parents[1] / "fixtures" / "saved-model"


def read(path, **options):
    return load_frozen_graph(ModelFiles.open(path), path.name, **options)


@pytest.fixture
def written(tmp_path):
    model = keras.Sequential(
        [keras.Input((6, 3), name="x"), keras.layers.LSTM(4), keras.layers.Dense(2, name="y")]
    )
    path = tmp_path / "model.pb"
    assert write_frozen_graph(model, path) == [path]
    return model, path


def test_a_graph_of_tensorflow_1_gives_its_own_numbers():
    io = np.load(FIXTURES / "tf1.npz")
    model = read(FIXTURES / "tf1_frozen.pb")
    assert [spec.name for spec in model.inputs] == ["x"]
    assert [spec.name for spec in model.outputs] == ["while/Exit_1"]
    np.testing.assert_allclose(model(io["in_x"])[0], io["out_z"], atol=1e-5)


def test_outputs_and_inputs_are_chosen():
    io = np.load(FIXTURES / "tf1.npz")
    path = FIXTURES / "tf1_frozen.pb"
    model = read(path, output_nodes=["add_1"])
    np.testing.assert_allclose(model(io["in_x"])[0], io["out_y"], atol=1e-5)
    model = read(path, input_nodes=["add_1"], output_nodes=["while/Exit_1"])
    assert model(np.ones((1, 2), np.float32))[0].tolist() == [[8.0, 8.0]]
    with pytest.raises(
        ValueError, match=r"output_nodes: expected names of nodes in the graph, as .* got 'none'"
    ):
        read(path, output_nodes=["none"])


def test_handles_and_what_gives_nothing_are_no_outputs(tmp_path):
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [2], "x")
        tf.identity(x, "y")
        tf.raw_ops.EmptyTensorList(element_shape=[2], max_num_elements=1, element_dtype=tf.float32)
        tf.no_op("nothing")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    model = read(path)
    assert [spec.name for spec in model.outputs] == ["y"]
    assert model([1, 2])[0].tolist() == [1, 2]


def test_a_keras_model_is_written_and_read_again(written):
    model, path = written
    again = read(path)
    assert [spec.name for spec in (*again.inputs, *again.outputs)] == ["x", "y"]
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(again(x)[0], model(x), atol=1e-5)


def test_a_file_operation_is_refused(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.io.write_file("/nowhere/file", tf.compat.v1.placeholder(tf.string, [], "x"))
    path = tmp_path / "bad.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(UnsafeModel, match="WriteFile"):
        read(path)


def test_a_graph_with_variables_is_refused(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.identity(tf.compat.v1.get_variable("w", [2], use_resource=False), "y")
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(ModelFormatError, match="variable 'w' has its value elsewhere"):
        read(path)


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"no graph at all"])
def test_what_is_no_graph_is_refused(data, tmp_path):
    path = tmp_path / "graph.pb"
    path.write_bytes(data)
    with pytest.raises(ModelFormatError, match=r"graph\.pb: expected a graph"):
        read(path)


def test_main_file_of_a_saved_model_is_told(tmp_path):
    path = tmp_path / "my_saved_model.pb"
    path.write_bytes((FIXTURES / "tf1" / "saved_model.pb").read_bytes())
    with pytest.raises(ModelFormatError, match=r"got the main file of a SavedModel"):
        read(path)


def test_damaged_graphs_are_refused_or_read(written):
    _, path = written
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(100):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 4):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            read(path)
        except ModelFormatError:
            continue


def test_hash_tables_are_refused(tmp_path):
    words = tf.lookup.KeyValueTensorInitializer(tf.constant(["a"]), tf.constant([3]))
    table = tf.lookup.StaticHashTable(words, -1)
    find = tf.function(table.lookup, input_signature=[tf.TensorSpec([None], tf.string, "words")])
    with pytest.raises(ModelFormatError, match="without hash tables"):
        write_frozen_graph(find, tmp_path / "model.pb")
