import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from tests.formats.tflite_files import content, edited, load, with_metadata


@pytest.mark.parametrize(
    ("signature", "inputs", "outputs", "expected"),
    [
        ("product", ["x"], ["out"], [[[4, 6], [4, 6]]]),
        ("both", ["u", "v"], ["sum", "difference"], [np.full((2, 3), 2), np.zeros((2, 3))]),
        ("assign", ["n"], ["w"], [np.ones((2, 2))]),
    ],
)
def test_each_signature_runs(signature, inputs, outputs, expected):
    model = load("signatures", signature=signature)
    assert model.signature == signature
    assert [spec.name for spec in model.inputs] == inputs
    assert [spec.name for spec in model.outputs] == outputs
    arrays = [np.ones([size or 2 for size in spec.shape]) for spec in model.inputs]
    for result, wanted in zip(model(*arrays), expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


def test_signatures_are_named_and_an_unknown_one_is_refused():
    assert load("signatures").metadata["signatures"] == ["assign", "both", "product"]
    with pytest.raises(ModelFormatError, match=r"expected one of the signatures \['assign',"):
        load("signatures", signature="train")


def test_custom_operators_need_trust():
    with pytest.raises(UnsafeModel, match="got the custom operator 'Betainc'; trust=True"):
        load("custom")
    with pytest.raises(ModelFormatError, match="interpreter runs, got"):  # which has none of it
        load("custom", trust=True)


def test_operators_of_tensorflow_need_trust():
    with pytest.raises(UnsafeModel, match="got the TensorFlow operator 'FlexMatrixInverse'"):
        load("flex")


def test_labels_and_normalisation_come_from_the_metadata():
    model = load(with_metadata("float32"))
    assert model.labels == ["cat", "dog"]
    assert model.metadata["name"] == "Pets"
    assert model.metadata["input_range"] == (-1.0, 1.0)
    assert model.metadata["normalization"] == {"mean": [127.5], "std": [127.5]}


def test_a_range_for_each_channel_is_no_single_range():
    model = load(with_metadata("float32", mean=(120, 110, 100), std=(60, 60, 60)))
    assert "input_range" not in model.metadata
    assert model.metadata["normalization"]["mean"] == [120, 110, 100]


def test_equal_ranges_of_the_channels_are_one():
    model = load(with_metadata("float32", mean=(0, 0, 0), std=(255, 255, 255)))
    assert model.metadata["input_range"] == (0, 1)


def test_labels_are_found_without_a_description():
    assert load(with_metadata("float32", labels="a\n\nb\n\n", described=False)).labels == [
        "a",
        "",
        "b",
    ]


def test_a_quantised_picture_tells_its_range():
    low, high = load("int8").metadata["input_range"]
    assert low == 0
    assert high == pytest.approx(1, abs=0.01)
    assert "input_range" not in load("float32").metadata


def test_the_summary_has_every_fact():
    model = load("uint8")
    assert model.size == len(content("uint8"))
    assert model.ops["CONV_2D"] == 1
    assert "input image: ? × 8 × 8 × 3, uint8" in model.summary()


def test_broken_packed_files_are_refused():
    data = with_metadata("float32")
    place = data.rindex(b"cat\ndog")
    with pytest.raises(ModelFormatError, match="expected readable packed files"):
        load(data[:place] + b"CAT" + data[place + 3 :])


def test_text_that_is_no_model_is_refused():
    for data in (b"", b"TFL3", b"\0" * 4 + b"TFL3", b"no model at all"):
        with pytest.raises(ModelFormatError, match=r"m\.tflite: expected"):
            load(data)


def test_another_version_is_refused():
    def change(model):
        model.version = 2

    with pytest.raises(ModelFormatError, match="expected version 3, got 2"):
        load(edited("float32", change))
