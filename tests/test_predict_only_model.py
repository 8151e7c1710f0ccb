import pytest

from marcelle_nb.errors import UnsupportedByModel
from marcelle_nb.models.coco_ssd import CocoSSD
from marcelle_nb.models.mobilenet import MobileNet
from marcelle_nb.models.predict_only_model import PredictOnlyModel
from marcelle_nb.models.tf_generic_model import TFGenericModel


class Plain(PredictOnlyModel):
    title = "Plain"
    why_not_trained = "there is nothing to learn"


def test_training_is_refused_with_the_reason():
    for refuse in (Plain().train, Plain()._fit):
        with pytest.raises(UnsupportedByModel, match=r"^Plain: .* got train: there is nothing"):
            refuse([], None)


@pytest.mark.parametrize("cls", [CocoSSD, MobileNet, TFGenericModel])
def test_models_that_come_with_all_they_know_are_of_this_kind(cls):
    assert issubclass(cls, PredictOnlyModel)
    assert cls.why_not_trained
