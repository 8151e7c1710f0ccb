from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.load import load
from marcelle_nb.formats.tfjs.optimizer_state import restore_optimizer

COMPILED = Path(__file__).parents[1] / "fixtures" / "tfjs-layers" / "compiled_adam"


@pytest.mark.parametrize(
    "steps", [np.float32(np.nan), np.float32(1e30), np.int32(-1), np.complex64(1j), "text"]
)
def test_a_count_that_is_none_is_refused_and_nothing_is_set(steps):
    model = load(COMPILED / "model.json").keras_model
    assert model is not None
    before = int(model.optimizer.iterations)
    with pytest.raises(ModelFormatError, match="iter: expected"):
        restore_optimizer(model, "Adam", [], {"iter": np.array(steps)}, "model.json")
    assert int(model.optimizer.iterations) == before > 0
