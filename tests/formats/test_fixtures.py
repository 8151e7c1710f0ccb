"""Every fixture predicts what real TensorFlow.js 4.22 does."""

import json
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.formats.load import load

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDERS = sorted(
    path.parent
    for kind in ("layers", "graph")
    for path in (FIXTURES / f"tfjs-{kind}").glob("*/io.json")
)


def array(tensor):
    kind = object if tensor["dtype"] == "string" else tensor["dtype"]
    return np.array(tensor["data"], kind).reshape(tensor["shape"])


def tolerance(told):
    """Give 1e-3 where the fixture tells of a resize, which TensorFlow.js computes in float64."""
    notes = {key: value for key, value in told.items() if key not in ("inputs", "outputs")}
    return 1e-3 if "resize" in json.dumps(notes).lower() else 1e-5


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_fixture_predicts_as_tensorflow_js(folder):
    told = json.loads((folder / "io.json").read_text())
    model = load(folder)
    if told["format"] == "graph-model":
        results = model({one["name"]: array(one) for one in told["inputs"]})
    else:  # TensorFlow.js numbers the names of a model that it loads a second time
        results = model(*map(array, told["inputs"]))
    assert len(results) == len(told["outputs"])
    for result, wanted in zip(results, told["outputs"], strict=True):
        assert result.dtype == array(wanted).dtype
        np.testing.assert_allclose(result, array(wanted), rtol=0, atol=tolerance(told))
