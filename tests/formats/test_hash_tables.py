"""Hash tables belong to their model, are filled once, and are let go with it."""

from __future__ import annotations

import gc
import json
import threading
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_model import load_graph_model

FOLDER = Path(__file__).parents[1] / "fixtures" / "graph-models" / "tables"
TEXTS = np.array(["b", "a", "other"], object)


def load(change=None):
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    if change:
        document = json.loads(files["model.json"])
        change(document)
        files["model.json"] = json.dumps(document).encode()
    return load_graph_model(ModelFiles(files), "model.json")


def test_texts_are_looked_up():
    (got,) = load()(TEXTS)
    assert got.tolist() == [111, 10, -101]


def test_two_models_of_one_file_have_tables_of_their_own():
    first, second = load(), load()
    first(TEXTS)
    names = [
        {n.attr["shared_name"].s for n in model.graph_def.node if n.op == "HashTableV2"}
        for model in (first, second)
    ]
    assert len(names[0]) == 2
    assert not names[0] & names[1]
    del first
    gc.collect()
    assert second(TEXTS)[0].tolist() == [111, 10, -101]


def test_a_table_is_let_go_with_its_model():
    import tensorflow as tf

    model = load()
    model(TEXTS)
    table = next(n for n in model.graph_def.node if n.op == "HashTableV2")
    name = table.attr["shared_name"].s.decode()
    del model
    gc.collect()
    handle = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int32, shared_name=name)
    assert tf.raw_ops.LookupTableSizeV2(table_handle=handle).numpy() == 0


def test_threads_fill_a_table_once():
    model = load()
    got = []
    threads = [threading.Thread(target=lambda: got.append(model(TEXTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [values.tolist() for (values,) in got] == [[111, 10, -101]] * 8


def test_a_table_that_nothing_makes_is_refused():
    def lose(document):
        document["initializerSignature"]["outputs"] = {}

    with pytest.raises(ModelFormatError, match="expected the initialiser to make a table"):
        load(lose)


def test_a_model_that_is_let_go_leaves_a_graph_that_is_being_built_alone():
    import tensorflow as tf

    model = load()
    model(TEXTS)
    with tf.Graph().as_default() as graph:
        del model
        gc.collect()
    assert not graph.get_operations()


def test_tables_are_filled_on_request():
    import tensorflow as tf

    model = load()
    model.fill_tables()
    model.fill_tables()
    table = next(n for n in model.graph_def.node if n.op == "HashTableV2")
    handle = tf.raw_ops.HashTableV2(
        key_dtype=table.attr["key_dtype"].type,
        value_dtype=table.attr["value_dtype"].type,
        shared_name=table.attr["shared_name"].s.decode(),
    )
    assert tf.raw_ops.LookupTableSizeV2(table_handle=handle).numpy() > 0


def test_what_is_found_is_one_row_as_in_tfjs():
    def of_two_axes(document):
        unknown = {"unknownRank": True}
        for entry in document["signature"]["inputs"].values():
            entry["tensorShape"] = unknown
        for node in document["modelTopology"]["node"]:
            if node["op"] == "Placeholder" and "shape" in node["attr"]:
                node["attr"]["shape"] = {"shape": unknown}

    (got,) = load(of_two_axes)(TEXTS[None])
    assert got.tolist() == [111, 10, -101]
