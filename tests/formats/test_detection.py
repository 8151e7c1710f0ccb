import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.tflite.flex_map import read_flex_map
from marcelle_nb.formats.tflite.interpreter import interpreter_class, open_interpreter
from tests.formats.tflite_files import detector, load

OPTIONS = {
    "max_detections": 3,
    "max_classes_per_detection": 1,
    "num_classes": 2,
    "nms_score_threshold": 0.1,
    "nms_iou_threshold": 0.5,
    "y_scale": 10.0,
    "x_scale": 10.0,
    "h_scale": 5.0,
    "w_scale": 5.0,
}
RANDOM = np.random.default_rng(2)
BOXES = RANDOM.normal(size=(1, 6, 4)).astype(np.float32)
SCORES = RANDOM.random((1, 6, 3)).astype(np.float32)


@pytest.mark.parametrize("package", ["ai_edge_litert", "tensorflow"])
@pytest.mark.parametrize("regular", [True, False])
def test_a_detector_runs_without_trust(package, regular, monkeypatch):
    if package == "tensorflow":
        monkeypatch.setitem(__import__("sys").modules, "ai_edge_litert.interpreter", None)
    else:
        pytest.importorskip("ai_edge_litert")
    assert interpreter_class().__module__.startswith(package)
    data = detector({**OPTIONS, "use_regular_nms": regular, "detections_per_class": 3})
    bare = open_interpreter(data, "m")
    bare.allocate_tensors()
    for details, array in zip(bare.get_input_details(), (BOXES, SCORES), strict=True):
        bare.set_tensor(details["index"], array)
    bare.invoke()
    results = load(data)(BOXES, SCORES)
    assert [result.shape for result in results] == [(1, 3, 4), (1, 3), (1, 3), (1,)]
    assert results[3] > 0
    for result, details in zip(results, bare.get_output_details(), strict=True):
        np.testing.assert_array_equal(result, bare.get_tensor(details["index"]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_detections": 10**6}, "max_detections: expected 1 to 100,000, got 1000000"),
        ({"max_detections": -1}, "max_detections: expected 1 to"),
        ({"max_detections": 90_000, "max_classes_per_detection": 1000}, "at most 100,000 boxes"),
        ({"num_classes": 7}, "expected scores of 7 classes"),
        ({"y_scale": 0.0}, "y_scale: expected a number, got 0"),
        ({"nms_iou_threshold": float("nan")}, "nms_iou_threshold: expected a number, got nan"),
        ({"use_regular_nms": True, "detections_per_class": 0}, "detections_per_class: expected"),
        ({"w_scale": None}, "w_scale: expected a number, got None"),
    ],
)
def test_options_that_ask_for_much_are_refused(changes, message):
    options = {k: v for k, v in {**OPTIONS, **changes}.items() if v is not None}
    with pytest.raises(ModelFormatError, match=message):
        load(detector(options))


def test_anchors_of_another_number_than_boxes_are_refused():
    with pytest.raises(ModelFormatError, match="expected an anchor for each of 6 boxes"):
        load(detector(OPTIONS, anchors=5))


def test_other_custom_operators_still_need_trust():
    with pytest.raises(UnsafeModel, match="custom operator 'TFLite_Detection_PostProcess2'"):
        load(detector(OPTIONS, name="TFLite_Detection_PostProcess2"))


def test_maps_of_numbers_are_read():
    from flatbuffers import flexbuffers

    for given in ({}, {"a": 1}, {"b": -3, "a": 2.5, "flag": True}, {"n": 2**40, "m": 1}):
        assert read_flex_map(bytes(flexbuffers.Dumps(given)), "m") == given


@pytest.mark.parametrize("value", [[1], "text", {"a": "text"}, {"a": {"b": 1}}, 5])
def test_what_is_no_map_of_numbers_is_refused(value):
    from flatbuffers import flexbuffers

    with pytest.raises(ModelFormatError, match="expected options that are a map of numbers"):
        read_flex_map(bytes(flexbuffers.Dumps(value)), "m")


def test_damaged_maps_are_read_or_refused():
    from flatbuffers import flexbuffers

    data = bytes(flexbuffers.Dumps(OPTIONS))
    for _ in range(3000):
        changed = bytearray(data)
        for place in RANDOM.integers(0, len(data), RANDOM.integers(1, 4)):
            changed[place] = RANDOM.integers(256)
        try:
            read_flex_map(bytes(changed[: RANDOM.integers(1, len(data) + 1)]), "m")
        except ModelFormatError:
            continue
