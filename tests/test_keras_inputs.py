import keras
import numpy as np
import pytest
from keras import layers

from marcelle_nb.models.keras_inputs import KerasInputs

ROWS = np.ones((2, 4), np.float32)


@pytest.mark.parametrize("pack", [lambda x: {"point": x}, lambda x: [x]])
def test_a_model_gets_its_one_input_in_the_structure_that_it_has(pack):
    x = keras.Input((4,), name="point")
    model = keras.Model(pack(x), layers.Dense(2)(x))
    packed = KerasInputs(model, (4,), (0, 1)).packed(ROWS)
    assert type(packed) is type(pack(x))
    assert model(packed).shape == (2, 2)


def test_images_become_what_the_model_takes():
    white = np.full((1, 2, 2, 3), 255, np.uint8)
    x = keras.Input((2, 2, 1))
    inputs = KerasInputs(keras.Model(x, layers.Flatten()(x)), (2, 2, 3), (-1, 1))
    assert inputs(white).shape == (1, 2, 2, 1)
    np.testing.assert_allclose(inputs(white), 1, atol=1e-6)
    assert inputs.treatment == {"input_range": (-1, 1), "image_size": (2, 2)}
    inputs.check((2, 2, 3))
    with pytest.raises(ValueError, match=r"x: expected shape \(2, 2, 3\), got \(5,\)"):
        inputs.check((5,))
