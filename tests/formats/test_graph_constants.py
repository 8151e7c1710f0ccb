"""Weights are put where a graph's constants are."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tfjs.graph_constants import fill_constants, fill_small_constants
from tests.formats.graph_makers import constant, floats, function, graph, ints


def empty(name, dtype=np.float32, shape=(2,)):
    made = constant(name, np.full(shape, b"" if dtype is object else 0, dtype), dtype)
    for field in ("tensor_content", "string_val", "float_val", "int_val"):
        made.attr["value"].tensor.ClearField(field)
    return made


def filled(node, weights):
    import tensorflow as tf

    made = graph(node)
    fill_constants(made, weights, "model.json")
    return tf.make_ndarray(made.node[0].attr["value"].tensor)


@pytest.mark.parametrize(
    "dtype", ["float32", "int32", "bool", "uint8", "complex64", "float64", "int64"]
)
def test_values_and_types_are_kept(dtype):
    weight = np.array([[0, 1, 1]]).astype(dtype)
    got = filled(empty("a", dtype), {"a": weight})
    assert got.dtype == weight.dtype
    np.testing.assert_array_equal(got, weight)


def test_a_constant_keeps_the_wider_type_that_it_declares():
    got = filled(empty("a", np.int64), {"a": ints([3, -4])})
    assert (got.dtype, got.tolist()) == (np.int64, [3, -4])


def test_texts_are_kept():
    texts = np.array([b"one", b"\xff", b""], object)
    assert filled(empty("a", object), {"a": texts}).tolist() == texts.tolist()


def test_functions_have_constants_too():
    made = graph(functions=[function("f", empty("a"), result="a:output:0")])
    fill_constants(made, {"a": floats([5])}, "model.json")
    assert np.frombuffer(
        made.library.function[0].node_def[0].attr["value"].tensor.tensor_content, np.float32
    ).tolist() == [5]


def test_a_value_in_the_graph_stays_where_there_is_no_weight():
    assert filled(constant("a", [1, 2]), {}).tolist() == [1, 2]


def test_a_constant_without_any_value_is_refused():
    with pytest.raises(ModelFormatError, match="expected a weight for the constant 'a', got none"):
        fill_constants(graph(empty("a")), {}, "model.json")


@pytest.mark.parametrize(
    ("declared", "weight"),
    [
        (np.float32, np.array([b"text"], object)),
        (object, floats([1])),
        (np.float32, np.array([1j], np.complex64)),
    ],
)
def test_a_weight_of_another_kind_is_refused(declared, weight):
    with pytest.raises(ModelFormatError, match="expected a weight of type"):
        fill_constants(graph(empty("a", declared)), {"a": weight}, "model.json")


def test_the_limit_counts_the_numbers_that_constants_hold_and_not_those_of_the_file():
    wide = [empty(f"a{i}", np.complex128, ()) for i in range(3)]
    weights = {f"a{i}": np.zeros(2**23, np.uint8) for i in range(3)}  # 24 MB, as 384 MB
    with pytest.raises(ModelFormatError, match="'a0' is used again and again, or by wider numbers"):
        fill_constants(graph(*wide), weights, "model.json")


def test_the_largest_constants_stay_beside_the_graph_with_the_types_they_declare():
    made = graph(
        empty("small", np.float32, (2,)),
        empty("large", np.int64, (3, 100)),
        empty("text", object, (1,)),
        functions=[function("f", empty("large", np.float32), result="large:output:0")],
    )
    made.node[1].input.append("^small")
    weights = {
        "small": floats([1, 2]),
        "large": np.ones((3, 100), np.int32),
        "text": np.array([b"x" * 5000], object),
    }
    left = fill_small_constants(made, weights, "model.json", room=100)
    assert [*left] == ["large"]
    assert left["large"].dtype == np.int64
    assert left["large"].shape == (3, 100)
    assert [node.op for node in made.node] == ["Const", "Placeholder", "Const"]
    assert (made.node[1].attr["dtype"].type, [*made.node[1].input]) == (9, [])
    assert [dim.size for dim in made.node[1].attr["shape"].shape.dim] == [3, 100]
    assert made.library.function[0].node_def[0].attr["value"].tensor.tensor_content


def test_where_there_is_room_all_constants_stand_in_the_graph():
    made = graph(empty("a"), empty("b"))
    assert fill_small_constants(made, {"a": floats([1, 2]), "b": floats([3, 4])}, "m") == {}
    assert {node.op for node in made.node} == {"Const"}
