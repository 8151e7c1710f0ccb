"""Graphs are read from the JSON of every converter."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_json import parse_graph
from marcelle_nb.formats.tfjs.graph_model import load_graph_model

CODES = {"padding": {"s": [83, 65, 77, 69]}, "data_format": {"s": [78, 72, 87, 67]}}
EMPTY: dict[str, list[Any]] = {
    "s": [],
    "f": [],
    "b": [],
    "type": [],
    "shape": [],
    "tensor": [],
    "func": [],
}
ONES = {"list": {**EMPTY, "i": ["1", "1", "1", "1"]}}
VALUES: dict[str, list[Any]] = {
    f"{kind}Val": [] for kind in ("float", "double", "int", "string", "scomplex", "int64")
}


def old_constant(name, shape, number=1, **values):
    tensor = {**VALUES, **values, "dtype": number}
    tensor["tensorShape"] = {"dim": [{"size": str(n)} for n in shape]}
    return {"input": [], "attr": {"value": {"tensor": tensor}, "dtype": {"type": number}},
            "name": name, "op": "Const"}  # fmt: skip


def old_model():
    """As `coco-ssd`'s: numbers for types, character codes for texts, lists with every field."""
    array = {"dtype": {"type": 1}, "tensor_array_name": {"s": []}, "dynamic_size": {"b": False},
             "element_shape": {"shape": {"dim": [], "unknownRank": True}}}  # fmt: skip
    image: dict[str, Any] = {
        "dtype": {"type": 1},
        "shape": {"shape": {"dim": [{"size": n} for n in "1443"]}},
    }
    image["shape"]["shape"]["dim"][0]["size"] = "-1"
    conv = {"T": {"type": 1}, "strides": ONES, "dilations": ONES, **CODES}
    return {
        "node": [
            {"name": "image", "op": "Placeholder", "attr": image},
            old_constant("kernel", [1, 1, 3, 2]),
            old_constant("one", [], 3, intVal=[1]),
            {"name": "conv", "op": "Conv2D", "input": ["image", "kernel"], "attr": conv},
            {"name": "array", "op": "TensorArrayV3", "input": ["one"], "attr": array},
            {"name": "squeezed", "op": "Squeeze", "input": ["conv"],
             "attr": {"T": {"type": 1}, "squeeze_dims": {"list": {**EMPTY, "i": ["0"]}}}},
        ],
        "library": {"function": [], "gradient": []},
        "versions": {"badConsumers": []},
    }  # fmt: skip


def test_a_file_of_an_old_converter_predicts():
    kernel = np.arange(6, dtype=np.float32).reshape(1, 1, 3, 2)
    topology = old_model()
    del topology["node"][4]
    document = {
        "modelTopology": topology,
        "weightsManifest": [
            {
                "paths": ["weights.bin"],
                "weights": [{"name": "kernel", "shape": [1, 1, 3, 2], "dtype": "float32"}],
            }
        ],
    }
    files = ModelFiles(
        {"model.json": json.dumps(document).encode(), "weights.bin": kernel.tobytes()}
    )
    model = load_graph_model(files, "model.json")
    assert [spec.name for spec in model.outputs] == ["one", "squeezed"]
    image = np.ones((1, 4, 4, 3), np.float32)
    one, got = model(image)
    assert one == 1
    np.testing.assert_array_equal(got, np.broadcast_to([6.0, 9.0], (4, 4, 2)))


def test_texts_are_base_64_or_character_codes():
    conv = parse_graph(old_model(), "model.json").node[3]
    assert conv.attr["padding"].s == b"SAME"
    raw = {"name": "y", "op": "Relu", "attr": {"s": {"s": base64.b64encode(b"SAME").decode()}}}
    assert parse_graph({"node": [raw]}, "model.json").node[0].attr["s"].s == b"SAME"


def test_types_are_names_or_numbers():
    raw = [
        {"name": n, "op": "Relu", "attr": {"T": {"type": t}}}
        for n, t in (("a", 3), ("b", "DT_INT32"))
    ]
    assert [n.attr["T"].type for n in parse_graph({"node": raw}, "model.json").node] == [3, 3]


def test_every_kind_of_attribute_is_read():
    attributes = {
        "i": {"i": "-3"},
        "f": {"f": "NaN"},
        "b": {"b": True},
        "shape": {"shape": {"dim": [{"size": "-1"}, {"size": 2}]}},
        "any": {"shape": {"unknownRank": True}},
        "func": {"func": {"name": "f", "attr": {"T": {"type": 1}}}},
        "list": {"list": {"type": ["DT_FLOAT", 3], "shape": [{"dim": [{"size": "4"}]}]}},
        "tensor": {"tensor": {"dtype": "DT_FLOAT", "tensorShape": {}, "floatVal": [1.5]}},
        "none": {},
    }
    raw = {"node": [{"name": "a", "op": "Relu", "attr": attributes}]}
    read = parse_graph(raw, "model.json").node[0].attr
    assert (read["i"].i, read["b"].b, read["func"].func.name) == (-3, True, "f")
    assert np.isnan(read["f"].f)
    assert [dim.size for dim in read["shape"].shape.dim] == [-1, 2]
    assert read["any"].shape.unknown_rank
    assert list(read["list"].list.type) == [1, 3]
    assert read["tensor"].tensor.float_val == [1.5]
    assert read["none"].WhichOneof("value") is None


@pytest.mark.parametrize(
    "attribute",
    [
        {"type": 999},
        {"type": "DT_BOGUS"},
        {"i": "many"},
        {"i": True},
        {"i": 1.5},
        {"i": 2**70},
        {"b": "yes"},
        {"f": [1]},
        {"s": [300]},
        {"shape": [1]},
        {"shape": {"dim": [{"size": None}, 3]}},
        {"list": {"bogus": [1]}},
        {"bogus": 1},
        {"tensor": {"dtype": 1, "floatVal": ["x"]}},
        "text",
        7,
    ],
)
def test_an_attribute_of_another_kind_is_refused(attribute):
    raw = {"node": [{"name": "a", "op": "Relu", "attr": {"T": attribute}}]}
    with pytest.raises(ModelFormatError, match=r"model\.json: expected a graph"):
        parse_graph(raw, "model.json")


@pytest.mark.parametrize(
    "raw",
    [
        {"node": {}},
        {"node": [1]},
        {"node": [{"name": "a"}]},
        {"node": [{"name": 1, "op": "Relu"}]},
        {"node": [{"name": "a", "op": "Relu", "input": [1]}]},
        {"node": [], "library": {"function": [{}]}},
        {"node": [], "library": []},
        {"node": [], "versions": {"producer": "x"}},
        [],
    ],
)
def test_a_graph_of_another_form_is_refused(raw):
    if raw == {"node": [], "library": []}:
        assert not parse_graph(raw, "model.json").library.function  # as an absent one
        return
    with pytest.raises(ModelFormatError):
        parse_graph(raw, "model.json")
