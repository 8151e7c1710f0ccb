import numpy as np
import pytest

from marcelle_nb.models.mobilenet_layers import (
    ALPHAS,
    check_kind,
    layers_of,
    n_features_of,
    n_weights,
)

KINDS = [(1, alpha) for alpha in ALPHAS] + [(2, alpha) for alpha in ALPHAS[1:]]


@pytest.mark.slow
@pytest.mark.parametrize(("version", "alpha"), KINDS)
def test_the_layers_are_those_of_keras(version, alpha):
    import keras

    application = keras.applications.MobileNet if version == 1 else keras.applications.MobileNetV2
    model = application((224, 224, 3), alpha=alpha, weights=None)
    built = {
        layer.name: {v.path.rpartition("/")[2]: tuple(v.shape) for v in layer.weights}
        for layer in model.layers
        if layer.weights
    }
    assert [*built.items()] == [*layers_of(version, alpha).items()]
    assert n_weights(layers_of(version, alpha)) == model.count_params()
    pooled = next(it for it in model.layers if isinstance(it, keras.layers.GlobalAveragePooling2D))
    assert pooled.output.shape[-1] == n_features_of(version, alpha)


@pytest.mark.parametrize(
    ("version", "alpha"),
    [(3, 1.0), (True, 1.0), ("1", 1.0), (None, 1.0), (1, 0.3), (2, 0.25), (1, True), (1, "1.0")],
)
def test_others_there_are_none(version, alpha):
    with pytest.raises(ValueError, match=r"(version|alpha): expected"):
        check_kind(version, alpha)


def test_whole_numbers_are_taken_for_both():
    assert check_kind(1.0, 1) == (1, 1.0)
    assert check_kind(np.int64(2), np.float32(0.5)) == (2, 0.5)
