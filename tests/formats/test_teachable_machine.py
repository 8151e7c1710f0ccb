from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from marcelle_nb.formats.convert import convert
from marcelle_nb.formats.load import load
from marcelle_nb.formats.teachable_machine import image_treatment, is_converted
from marcelle_nb.formats.tensor_spec import TensorSpec
from tests.formats.test_load import PICTURES, TREATMENT, outputs_of
from tests.formats.test_model_files import zipped

NAMES = {
    "h5": "keras_model.h5",
    "tflite": "model_unquant.tflite",
    "saved-model": "model.savedmodel",
}
LABELS = b"0 cat\n1 dog\n2 hot dog\n"

# Keras writes HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")


@pytest.mark.parametrize("format", NAMES)
def test_converted_model_is_read_as_it_comes(format, tmp_path):
    convert(PICTURES, tmp_path / NAMES[format], format)
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    files = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in paths}
    archive = zipped({**files, "labels.txt": LABELS})
    for source in (archive, zipped({f"converted/{n}": c for n, c in files.items()})):
        model = load(("converted_model.zip", source))
        assert model.format == format
        inputs, wanted = outputs_of(PICTURES)
        np.testing.assert_allclose(model(*inputs)[0], wanted, atol=1e-5)
    model = load(("converted_model.zip", archive))
    assert model.labels == ["cat", "dog", "hot dog"]
    assert model.metadata.items() >= TREATMENT.items()


@pytest.mark.parametrize(
    ("name", "is_numbered", "wanted"),
    [
        ("keras_model.h5", True, True),
        ("keras_Model.h5", True, True),
        ("converted/model_unquant.tflite", True, True),
        ("model.savedmodel/saved_model.pb", True, True),
        ("a/model.savedmodel/saved_model.pb", True, True),
        ("saved_model.pb", True, False),
        ("my_model.h5", True, False),
        ("keras_model.h5", False, False),
    ],
)
def test_converted_files_are_told_by_their_names_and_numbered_labels(name, is_numbered, wanted):
    assert is_converted(name, is_numbered=is_numbered) is wanted


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((None, 224, 224, 3), (224, 224)),
        ((1, 96, 96, 1), (96, 96)),
        ((None, 14739), None),
        ((None, 43, 232, 2), None),
        ((None, None, None, 3), None),
        (None, None),
    ],
)
def test_pictures_are_told_by_the_shape_of_the_input(shape, wanted):
    model: Any = SimpleNamespace(inputs=[TensorSpec("x", shape, "float32")])
    assert image_treatment(model, None).get("image_size") == wanted
