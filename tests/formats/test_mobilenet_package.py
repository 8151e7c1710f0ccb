"""The package `@tensorflow-models/mobilenet` works on graph models that were written again."""

from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.formats.load import load
from marcelle_nb.formats.tfjs.graph_writer import write_graph_model
from tests.formats.mobilenet_package import PACKAGE, answer, network
from tests.formats.tfjs_node import requires_tfjs

pytestmark = [
    requires_tfjs,
    pytest.mark.slow,
    pytest.mark.skipif(not PACKAGE.is_dir(), reason="needs @tensorflow-models/mobilenet in js/"),
]


@pytest.mark.parametrize("version", [1, 2])
def test_the_package_gives_the_same_on_a_model_written_again(version, tmp_path):
    write_graph_model(network(version), tmp_path / "first")
    write_graph_model(load(tmp_path / "first"), tmp_path / "again", shard_size=300_000)
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3))
    first, again = (answer(tmp_path / name, version, image) for name in ("first", "again"))
    assert again == first
    assert len(first["classes"]) == 5
    assert len(first["logits"]) == 1000
    assert np.std(first["embedding"]) > 0
