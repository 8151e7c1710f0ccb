"""Classifiers that answer with a dictionary a row, as scikit-learn's exporter writes them."""

from __future__ import annotations

from typing import Any


def without_zip_maps(model: Any) -> list[str] | None:
    """Let outputs that are made by `ZipMap` be the scores that go into it, an array.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed in place.

    Returns
    -------
    list of str or None
        The names of the columns, where a `ZipMap` has texts.
    """
    graph, labels = model.graph, None
    outputs = {value.name: value for value in graph.output}
    for node in [n for n in graph.node if n.op_type == "ZipMap" and n.domain == "ai.onnx.ml"]:
        if len(node.input) != 1 or len(node.output) != 1 or node.output[0] not in outputs:
            continue
        names = [
            text.decode("utf-8", "replace")
            for attribute in node.attribute
            if attribute.name == "classlabels_strings"
            for text in attribute.strings
        ]
        labels = labels or names or None
        value = outputs[node.output[0]]
        value.type.Clear()
        value.type.tensor_type.elem_type = 1
        node.op_type, node.domain = "Identity", ""
        del node.attribute[:]
    return labels
