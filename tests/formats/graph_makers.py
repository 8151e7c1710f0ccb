"""Small graphs for tests, put together node by node."""

from __future__ import annotations

import json

import numpy as np

from marcelle_nb.formats.model_files import ModelFiles

FLOAT, INT = 1, 3


def floats(values):
    return np.array(values, np.float32)


def ints(values):
    return np.array(values, np.int32)


def graph(*nodes, functions=()):
    """A `GraphDef` of nodes made by `node` and `constant`."""
    from tensorflow.core.framework import graph_pb2

    made = graph_pb2.GraphDef()
    made.versions.producer = 1  # TensorFlow.js reads it
    made.node.extend(nodes)
    made.library.function.extend(functions)
    return made


def node(name, op, *inputs, **attributes):
    """A `NodeDef`; an attribute that is an int below a capital letter is a type."""
    from tensorflow.core.framework import node_def_pb2

    made = node_def_pb2.NodeDef(name=name, op=op)
    made.input.extend(inputs)
    for key, value in attributes.items():
        _fill(made.attr[key], key, value)
    return made


def constant(name, value, dtype=np.float32, inputs=()):
    import tensorflow as tf

    proto = tf.make_tensor_proto(np.asarray(value, dtype))
    made = node(name, "Const", *inputs, dtype=proto.dtype)
    made.attr["value"].tensor.CopyFrom(proto)
    return made


def placeholder(name, dtype=FLOAT):
    made = node(name, "Placeholder", dtype=dtype)
    made.attr["shape"].shape.unknown_rank = True
    return made


def function(name, *nodes, argument="x", result):
    """A function of one float argument and one float result."""
    from tensorflow.core.framework import function_pb2

    made = function_pb2.FunctionDef()
    made.signature.name = name
    made.signature.input_arg.add(name=argument, type=FLOAT)
    made.signature.output_arg.add(name="y", type=FLOAT)
    made.node_def.extend(nodes)
    made.ret["y"] = result
    return made


def model_files(graph_def, weights=None, **document):
    """A TensorFlow.js model of a graph whose constants stand in it."""
    from google.protobuf import json_format

    topology = json_format.MessageToDict(graph_def)
    shards, specs = b"", []
    for name, array in (weights or {}).items():
        shards += array.tobytes()
        specs.append({"name": name, "shape": list(array.shape), "dtype": str(array.dtype)})
    manifest = [{"paths": ["weights.bin"], "weights": specs}] if specs else []
    text = json.dumps({"modelTopology": topology, "weightsManifest": manifest, **document})
    return ModelFiles({"model.json": text.encode(), "weights.bin": shards}, main="model.json")


def _fill(target, key, value):
    if isinstance(value, bool):
        target.b = value
    elif isinstance(value, int):
        if (key[0].isupper() and key != "N") or key == "dtype":
            target.type = value
        else:
            target.i = value
    elif isinstance(value, float):
        target.f = value
    elif isinstance(value, bytes):
        target.s = value
    elif isinstance(value, str):
        target.func.name = value
    elif value and isinstance(value[0], bytes):
        target.list.s.extend(value)
    else:
        target.list.i.extend(value)
