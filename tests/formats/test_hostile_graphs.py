"""Graphs that were changed at random are refused, or load; nothing else happens."""

from __future__ import annotations

import copy
import json
import random
import time
from pathlib import Path

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.graph_model import load_graph_model

FOLDER = Path(__file__).parents[1] / "fixtures" / "graph-models"
NAMES = ["while_v1", "while_v2", "cond_v2", "conv_prelu", "tables", "several", "suppression"]
VALUES = [
    *(None, True, 0, 1, -1, 7, 2**31, -(2**63), 10**30, 1e308, "", "x", "^x", "a:99", "\0", "-5"),
    *("DT_FLOAT", "DT_RESOURCE", "DT_VARIANT", "BOGUS", "100000000", "Const", "Fill", "WriteFile"),
    *("Merge", "Enter", "Exit", "NextIteration", "Switch", "Placeholder", "Reshape", "Tile"),
    *([], {}, [1, 2], {"a": 1}, {"type": 999}, {"shape": {"dim": [{"size": "100000000"}]}}),
]


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))
        else:
            yield (*path, key)


def at(value, path):
    for key in path:
        value = value[key]
    return value


def mutate(document, chance):
    paths = [path for path in places(document) if path]
    for _ in range(chance.choice([1, 1, 2, 4])):
        *path, key = chance.choice(paths)
        try:
            parent = at(document, path)
            if chance.random() < 0.2:
                del parent[key]
            elif chance.random() < 0.6:
                parent[key] = copy.deepcopy(chance.choice(VALUES))
            elif isinstance(parent, list):
                parent.insert(key, copy.deepcopy(parent[key]))
            else:
                parent[key] = copy.deepcopy(at(document, chance.choice(paths)))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_graph_is_refused_or_loads_and_never_hangs(name):
    original = json.loads((FOLDER / name / "model.json").read_text())
    weights = {path.name: path.read_bytes() for path in (FOLDER / name).glob("*.bin")}
    outcomes = set()
    for seed in range(150):
        document = copy.deepcopy(original)
        mutate(document, random.Random(seed))
        text = json.dumps(document).encode()
        start = time.perf_counter()
        try:
            load_graph_model(ModelFiles({"model.json": text, **weights}), "model.json")
            outcomes.add("loaded")
        except ModelFormatError:
            outcomes.add("refused")
        assert time.perf_counter() - start < 5
    assert outcomes == {"loaded", "refused"}
