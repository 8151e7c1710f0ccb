"""The package `@tensorflow-models/coco-ssd` finds the same on the same graph model."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest

from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models.coco_network import CocoNetwork
from tests.detectors import DETECTOR
from tests.formats.tfjs_node import NODE, SCRIPTS, requires_tfjs

PACKAGE = SCRIPTS.parents[1] / "node_modules" / "@tensorflow-models" / "coco-ssd"

pytestmark = [
    requires_tfjs,
    pytest.mark.slow,
    pytest.mark.skipif(not PACKAGE.is_dir(), reason="needs @tensorflow-models/coco-ssd in js/"),
]

SIZES = [(1, 1), (3, 500), (500, 3), (33, 77), (300, 300), (299, 301), (7, 5), (240, 320)]


def pictures(n):
    """Give pictures of coloured squares, as many in odd sizes."""
    rng = np.random.default_rng(1)
    for number in range(n):
        height, width = SIZES[number] if number < len(SIZES) else rng.integers(1, 400, 2)
        squares = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3))
        yield squares.repeat(16, 0).repeat(16, 1)[:height, :width].astype(np.uint8)


def test_the_package_finds_the_same():
    rng = np.random.default_rng(2)
    cases = [
        (image, int(rng.choice([1, 5, 20, 50])), float(rng.choice([0, 0.1, 0.3, 0.5, 0.9, 1])))
        for image in pictures(30)
    ]
    given = [[*image.shape[:2], image.ravel().tolist(), *rest] for image, *rest in cases]
    assert NODE is not None
    ran = subprocess.run(
        [NODE, str(SCRIPTS / "coco_ssd.mjs"), str(DETECTOR)],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    network = CocoNetwork.open(ModelFiles.open(DETECTOR / "model.json"))
    n_compared = 0
    for (image, most, least), wanted in zip(cases, json.loads(ran.stdout), strict=True):
        outputs = network.detect(image, most, least).outputs
        if wanted is None:  # where the package fails
            assert any(it.class_.startswith("class ") for it in outputs)
            continue
        assert [it.class_ for it in outputs] == [it["class"] for it in wanted]
        n_compared += len(wanted)
        for it, other in zip(outputs, wanted, strict=True):
            assert abs(it.confidence - other["score"]) < 1e-5
            np.testing.assert_allclose(it.bbox, other["bbox"], atol=1e-5 * max(image.shape))
    assert n_compared > 100
