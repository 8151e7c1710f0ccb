from marcelle_nb.models.prediction_status import PredictionStatus


def test_it_says_all_four_keys_and_its_copy_is_safe_to_change():
    status = PredictionStatus("running", 1, 2, {"label": "a"})
    told = status.to_dict()
    assert told == {"status": "running", "count": 1, "total": 2, "data": {"label": "a"}}
    told["data"].clear()
    assert status.data == {"label": "a"}
    assert PredictionStatus().to_dict() == {
        "status": "idle",
        "count": None,
        "total": None,
        "data": None,
    }
