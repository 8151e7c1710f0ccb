"""Inputs and outputs are those that TensorFlow.js finds, in its order."""

from __future__ import annotations

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tfjs.graph_signature import GraphSignature, table_outputs
from tests.formats.graph_makers import node, placeholder

NODES = {
    n.name: n
    for n in (
        placeholder("x"),
        placeholder("z"),
        node("a", "Relu", "x"),
        node("nothing", "NoOp"),
        node("b", "AddV2", "a:0", "z", "^nothing"),
        node("c", "TopKV2", "a"),
    )
}


def signature(structured=None, **raw):
    return GraphSignature.of(NODES, raw, "model.json", structured)


def entries(*names):
    return {name: {"name": name} for name in names}


def test_outputs_are_in_the_order_of_the_file():
    found = signature(outputs={"second": {"name": "c:1"}, "first": {"name": "a:0"}})
    assert found.fetches == {"second": "c:1", "first": "a:0"}


def test_names_that_are_numbers_come_first_and_ascend():
    named = {
        key: {"name": n}
        for key, n in zip(["b", "10", "2", "01"], ["a", "b", "c", "x"], strict=True)
    }
    assert list(signature(outputs=named).fetches) == ["2", "10", "b", "01"]


def test_two_names_of_one_tensor_are_one_output_under_the_later():
    found = signature(outputs={"p": {"name": "a:0"}, "q": {"name": "b:0"}, "r": {"name": "a:0"}})
    assert found.fetches == {"r": "a:0", "q": "b:0"}


def test_keys_may_be_names_of_tensors():
    assert signature(outputs=entries("c:1")).fetches == {"c:1": "c:1"}


def test_without_outputs_they_are_what_no_node_takes():
    assert signature().fetches == {"b": "b:0", "c": "c:0"}


def test_without_inputs_they_are_the_placeholders():
    assert signature(outputs=entries("a")).feeds == {"x": "x:0", "z": "z:0"}


def test_entries_without_a_node_are_left_out():
    found = signature(inputs=entries("x", "gone"), outputs=entries("gone", "a"))
    assert (found.feeds, found.fetches) == ({"x": "x:0"}, {"a": "a:0"})


def test_structured_names_are_used_where_they_fit():
    outputs = entries("a", "b")
    assert list(signature(["one", "two"], outputs=outputs).fetches) == ["one", "two"]
    for other in (["one"], ["one", "one"], "ab", None):
        assert list(signature(other, outputs=outputs).fetches) == ["a", "b"]


def test_shapes_are_read():
    info = {"name": "x:0", "tensorShape": {"dim": [{"size": "-1"}, {"size": "3"}]}}
    odd = {"name": "z:0", "tensorShape": {"dim": [7]}}
    assert signature(inputs={"x": info, "z": odd}).shapes["x"] == (None, 3)
    assert signature(inputs={"x": info, "z": odd}).shapes["z"] is None


def test_tables_are_no_inputs():
    found = signature(inputs={"t": {"name": "z:0", "resourceId": 5}, "x": {"name": "x:0"}})
    assert (found.feeds, found.resources) == ({"x": "x:0"}, {"z": 5})
    assert table_outputs({"outputs": {"o": {"name": "t:0", "resourceId": "5"}}}, "m") == {5: "t:0"}


def test_a_graph_without_outputs_is_refused():
    with pytest.raises(ModelFormatError, match="a graph with an output, got none"):
        GraphSignature.of({}, None, "model.json")


@pytest.mark.parametrize(
    "raw", [[], {"a": 1}, {"a": {}}, {"a": {"name": 1}}, {"a": {"name": "a", "resourceId": []}}]
)
def test_entries_of_another_form_are_refused(raw):
    if raw == []:
        assert signature(outputs=raw).fetches  # as an absent one
        return
    with pytest.raises(ModelFormatError, match="expected outputs with names"):
        signature(outputs=raw)
