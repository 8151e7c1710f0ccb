import json

import numpy as np
import pytest

import marcelle_nb as mnb
from marcelle_nb.errors import ModelFormatError
from tests.model_classes import WIDTH, answers, trained

NETWORKS = [mnb.MLP, mnb.MLPRegressor, mnb.KerasModel, mnb.TFGenericModel]


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("cls", NETWORKS)
def test_weights_that_are_no_numbers_are_not_loaded(cls, number, tmp_path):
    model = trained(cls)
    before = answers(model)
    main, weights = model.download(tmp_path)
    values = np.frombuffer(weights.read_bytes(), np.float32).copy()
    values[0] = number
    with pytest.raises(ModelFormatError, match="expected finite weights, got NaN or infinity"):
        model.upload(main, (weights.name, values.tobytes()))
    assert answers(model) == before


@pytest.mark.parametrize("cls", [mnb.MLP, mnb.MLPRegressor, mnb.KerasModel])
def test_an_answer_that_is_no_number_is_an_error(cls, tmp_path):
    model = trained(cls)
    main, weights = model.download(tmp_path)
    values = np.frombuffer(weights.read_bytes(), np.float32)
    large = np.where(np.arange(len(values)) % 2, 1e20, -1e20).astype(np.float32)
    model.upload(main, (weights.name, large.tobytes()))
    with pytest.raises(ValueError, match="answer is infinite or NaN"):
        model.predict(np.full(WIDTH, 3e38) * [1, -1, 1, 1])


@pytest.mark.parametrize("cls", [mnb.KerasModel, mnb.TFGenericModel])
def test_weights_of_another_width_are_not_loaded(cls, tmp_path):
    model = trained(cls)
    main, weights = model.download(tmp_path)
    assert json.loads(main.read_text())
    more = weights.read_bytes() + bytes(36)
    with pytest.raises(ModelFormatError, match="not of one model"):
        model.upload(main, (weights.name, more))
