"""Text files that a saved graph reads, and what they may ask for."""

from __future__ import annotations

import time

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs import table_files as module
from marcelle_nb.formats.graphs.table_files import inline_table_files
from marcelle_nb.formats.model_files import ModelFiles


def initializer(nodes, name="init"):
    node = nodes.add(op="InitializeTableFromTextFileV2", name=name)
    node.input.extend(["table", "asset"])
    node.attr["key_index"].i, node.attr["value_index"].i = -2, -1
    node.attr["vocab_size"].i = -1


def meta_graph():
    from tensorflow.core.protobuf import meta_graph_pb2

    graph = meta_graph_pb2.MetaGraphDef()
    asset = graph.asset_file_def.add(filename="words.txt")
    asset.tensor_info.name = "asset:0"
    graph.graph_def.node.add(op="Const", name="asset")
    return graph


def inlined(graph, content):
    inline_table_files(graph, ModelFiles({"assets/words.txt": content}), "")
    return [node.op for node in graph.graph_def.node]


def test_file_becomes_constants():
    graph = meta_graph()
    initializer(graph.graph_def.node)
    assert inlined(graph, b"a\nb\n") == ["Const", "InitializeTableV2", "Const", "Const"]


@pytest.mark.parametrize("content", [b"\n" * 60, b"\r" * 60, b"a\n" * 30, b"a" * 101])
def test_files_larger_than_any_vocabulary_are_refused(content, monkeypatch):
    monkeypatch.setattr(module, "MAX_LINES", 50)
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    graph = meta_graph()
    for name in ("first", "second"):
        initializer(graph.graph_def.node, name)
    with pytest.raises(ModelFormatError, match=r"words.txt: expected at most [0-9]+ (lines|bytes)"):
        inlined(graph, content)


def test_functions_that_call_others_twice_are_looked_at_once():
    graph = meta_graph()
    initializer(graph.graph_def.node)
    for number in range(60):
        function = graph.graph_def.library.function.add()
        function.signature.name = f"f{number}"
        for name in ("a", "b") if number < 59 else ():
            call = function.node_def.add(op="PartitionedCall", name=name)
            call.attr["f"].func.name = f"f{number + 1}"
    call = graph.graph_def.node.add(op="PartitionedCall", name="call")
    call.attr["f"].func.name = "f0"
    start = time.monotonic()
    inlined(graph, b"a\n")
    assert time.monotonic() - start < 5
