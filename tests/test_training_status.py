from marcelle_nb.models.training_status import TrainingStatus


def test_a_status_has_all_keys_in_its_dictionary():
    status = TrainingStatus("epoch", 1, 20, {"loss": 0.5})
    assert status.to_dict() == {
        "status": "epoch",
        "epoch": 1,
        "epochs": 20,
        "data": {"loss": 0.5},
    }


def test_a_model_begins_idle():
    assert TrainingStatus().to_dict() == {
        "status": "idle",
        "epoch": None,
        "epochs": None,
        "data": None,
    }
