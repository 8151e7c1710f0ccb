from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.h5_file import load_h5
from marcelle_nb.formats.keras_models.keras_file import load_keras
from marcelle_nb.formats.model_files import ModelFiles

# Keras does not yet convert its variables as NumPy 2 asks for
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LOAD = {".h5": load_h5, ".keras": load_keras}


def with_lambda(path):
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x * 2)])
    model.save(path)
    return ModelFiles({path.name: path})


@pytest.mark.parametrize("suffix", LOAD)
def test_python_code_in_a_file_runs_only_where_it_is_trusted(suffix, tmp_path):
    files, name = with_lambda(tmp_path / f"m{suffix}"), f"m{suffix}"
    with pytest.raises(UnsafeModel, match=r"Lambda|Python|bytecode"):
        LOAD[suffix](files, name)
    loaded = LOAD[suffix](files, name, trust=True)
    assert loaded(np.ones((1, 3)))[0].tolist() == [[2, 2, 2]]


@pytest.mark.parametrize("suffix", LOAD)
def test_trust_does_not_make_a_damaged_file_readable(suffix, tmp_path):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"nothing")
    files = ModelFiles({path.name: path})
    with pytest.raises(ModelFormatError):
        LOAD[suffix](files, path.name, trust=True)


@pytest.mark.parametrize("suffix", LOAD)
def test_class_that_nobody_knows_is_named_in_one_line_where_it_is_trusted(suffix, tmp_path):
    import keras

    class Unknown(keras.layers.Layer):
        def call(self, x):
            return x

    path = tmp_path / f"m{suffix}"
    keras.Sequential([keras.Input((3,)), Unknown()]).save(path)
    said = r"got 'Unknown'; define it, with @keras.saving.register_keras_serializable\(\)"
    with pytest.raises(ModelFormatError, match=said) as caught:
        LOAD[suffix](ModelFiles({path.name: path}), path.name, trust=True)
    assert "\n" not in str(caught.value)
