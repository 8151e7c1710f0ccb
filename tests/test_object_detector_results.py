from marcelle_nb.models.detection import Detection
from marcelle_nb.models.object_detector_results import ObjectDetectorResults


def test_results_have_marcelles_keys():
    results = ObjectDetectorResults([Detection((1.0, 2.0, 3.0, 4.0), "dog", 0.5)])
    assert results.to_dict() == {
        "outputs": [{"bbox": [1.0, 2.0, 3.0, 4.0], "class": "dog", "confidence": 0.5}]
    }
    assert ObjectDetectorResults().to_dict() == {"outputs": []}
