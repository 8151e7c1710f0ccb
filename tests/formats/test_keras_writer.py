from __future__ import annotations

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.h5_file import save_h5
from marcelle_nb.formats.keras_models.keras_file import save_keras

# Keras does not yet convert its variables as NumPy 2 asks for
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SAVE = {".h5": save_h5, ".keras": save_keras}


def network(*layers):
    import keras

    return keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(2)])


@pytest.mark.parametrize("suffix", SAVE)
def test_a_class_that_is_not_registered_is_refused_with_what_to_do(suffix, tmp_path):
    import keras

    class Mine(keras.layers.Layer):
        def call(self, x):
            return x

    path = tmp_path / f"m{suffix}"
    with pytest.raises(UnsafeModel, match=r"layer 'last'.*'Mine'.*register_keras_serializable"):
        SAVE[suffix](network(Mine(name="last")), path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SAVE)
def test_a_lambda_is_refused(suffix, tmp_path):
    import keras

    with pytest.raises(UnsafeModel, match=r"expected no Lambda.*could not be loaded again"):
        SAVE[suffix](network(keras.layers.Lambda(lambda x: x)), tmp_path / f"m{suffix}")


def test_a_model_without_input_shape_is_refused(tmp_path):
    import keras

    with pytest.raises(ModelFormatError, match="expected a model that knows its input shape"):
        save_keras(keras.Sequential([keras.layers.Dense(2)]), tmp_path / "m.keras")


def test_an_operation_has_no_place_in_h5(tmp_path):
    import keras

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs * 2.0))
    with pytest.raises(ModelFormatError, match=r"layers only for .h5, got the operation Multiply"):
        save_h5(model, tmp_path / "m.h5")


@pytest.mark.parametrize("suffix", SAVE)
def test_another_ending_is_refused(suffix, tmp_path):
    with pytest.raises(ValueError, match=rf"expected a name that ends in \{suffix}, got 'm.txt'"):
        SAVE[suffix](network(), tmp_path / "m.txt")


@pytest.mark.parametrize(("suffix", "name"), [(".h5", "m.hdf5"), (".keras", "M.KERAS")])
def test_ending_may_be_written_in_another_way(suffix, name, tmp_path):
    SAVE[suffix](network(), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("suffix", SAVE)
def test_the_old_file_stays_where_saving_fails(suffix, tmp_path, monkeypatch):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"old")
    model = network()

    def fail(*args, **kwargs):
        (tmp_path / "begun").touch()
        raise OSError("disk full")

    monkeypatch.setattr(type(model), "save", fail)
    with pytest.raises(OSError, match="disk full"):
        SAVE[suffix](model, path)
    assert (tmp_path / "begun").exists()
    assert path.read_bytes() == b"old"
    assert {each.name for each in tmp_path.iterdir()} == {path.name, "begun"}


def test_saving_h5_gives_no_advice(tmp_path, capfd):
    save_h5(network(), tmp_path / "m.h5")
    assert "HDF5" not in capfd.readouterr().err


@pytest.mark.parametrize("suffix", SAVE)
def test_a_folder_that_does_not_exist_is_made(suffix, tmp_path):
    path = tmp_path / "a" / "b" / f"m{suffix}"
    SAVE[suffix](network(), path)
    assert path.stat().st_size > np.float32(0)
