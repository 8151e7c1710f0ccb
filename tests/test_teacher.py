import json
from types import SimpleNamespace

import numpy as np
import pytest

from marcelle_nb.features.teacher import Teacher, _digest
from marcelle_nb.formats.model_files import ModelFiles

# Keras writes HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
FILES = ModelFiles({"teacher.tflite": b"weights"})


def stub(shape, dtype, monkeypatch, count=1):
    """Let `load` give a model that describes a picture by its mean; tell what it was given."""
    given = []

    class Model:
        inputs = (SimpleNamespace(shape=shape, dtype=dtype),) * count

        def __call__(self, images):
            given.append(images)
            return [np.asarray(images, dtype=np.float32).mean(axis=(1, 2))]

    monkeypatch.setattr("marcelle_nb.formats.load.open_files", lambda source: FILES)
    monkeypatch.setattr("marcelle_nb.formats.load.load", lambda files: Model())
    return given


def test_file_of_bytes_is_given_bytes_one_by_one_where_it_takes_one(monkeypatch):
    given = stub((1, 16, 16, 3), "uint8", monkeypatch)
    teacher = Teacher.load("some/teacher.tflite")
    assert (teacher.name, teacher.side) == ("teacher.tflite", 16)
    assert np.allclose(teacher.embed(IMAGES), IMAGES.mean(axis=(1, 2)), atol=1e-3)
    assert [images.shape for images in given] == [(1, 16, 16, 3)] * 3
    assert given[0].dtype == np.uint8


def test_file_that_takes_a_few_at_once_is_given_whole_steps(monkeypatch):
    given = stub((2, 16, 16, 3), "uint8", monkeypatch)
    told = Teacher.load("teacher.tflite").embed(IMAGES)
    assert [images.shape for images in given] == [(2, 16, 16, 3)] * 2
    assert np.allclose(told, IMAGES.mean(axis=(1, 2)), atol=1e-3)


def test_file_of_numbers_is_given_them_from_minus_one_to_one(monkeypatch):
    given = stub((None, 16, 16, 3), "float32", monkeypatch)
    Teacher.load("teacher.keras").embed(IMAGES)
    (images,) = given
    assert images.shape == IMAGES.shape
    assert images.min() == -1
    assert images.max() == 1


def test_file_for_any_size_is_shown_what_mobilenet_is(monkeypatch):
    stub((None, None, None, 3), "float32", monkeypatch)
    assert Teacher.load("teacher.keras").side == 224


@pytest.mark.parametrize(
    ("shape", "count"),
    [((1, 16, 16, 1), 1), ((1, 16, 8, 3), 1), ((1, 3), 1), (None, 1), ((1, 16, 16, 3), 2)],
)
def test_model_of_something_else_than_pictures_is_refused(monkeypatch, shape, count):
    stub(shape, "uint8", monkeypatch, count)
    with pytest.raises(ValueError, match="expected one input of shape"):
        Teacher.load("teacher.tflite")


@pytest.mark.parametrize("number", [np.nan, np.inf, 70_000])
def test_teacher_that_answers_with_no_usual_numbers_is_refused(number):
    teacher = Teacher("broken", 16, lambda images: np.full((len(images), 2), number))
    with pytest.raises(ValueError, match=r"expected finite numbers up to 65,504, got .* broken"):
        teacher.embed(IMAGES)


@pytest.mark.parametrize("shape", [(3, 7, 7, 1024), (3, 4097), (3, 0), (1, 3), ()])
def test_teacher_that_gives_no_vector_for_each_picture_is_refused(shape):
    teacher = Teacher("map", 16, lambda images: np.zeros(shape))
    with pytest.raises(ValueError, match="expected 1 to 4,096 numbers for each picture"):
        teacher.embed(IMAGES)


def test_digest_tells_other_weights_of_the_same_name(monkeypatch):
    stub((1, 16, 16, 3), "uint8", monkeypatch)
    digests = []
    for weights in (b"weights", b"others", b"weights"):
        files = ModelFiles({"teacher.tflite": weights})
        monkeypatch.setattr("marcelle_nb.formats.load.open_files", lambda source, it=files: it)
        digests.append(Teacher.load("teacher.tflite").digest)
    assert digests[0] == digests[2] != digests[1]


def test_digest_of_a_web_model_tells_weights_beside_it(tmp_path):
    path = tmp_path / "model.json"
    spec = {"name": "a", "shape": [1], "dtype": "float32"}
    manifest = [{"paths": ["a.bin"], "weights": [spec]}]
    path.write_text(
        json.dumps({"format": "layers-model", "modelTopology": {}, "weightsManifest": manifest})
    )
    digests = []
    for weights in (b"0000", b"1111"):
        (tmp_path / "a.bin").write_bytes(weights)
        digests.append(_digest(ModelFiles.open(path)))
    assert digests[0] != digests[1]
