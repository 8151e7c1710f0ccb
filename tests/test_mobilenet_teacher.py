import numpy as np
import pytest
from typer.testing import CliRunner

from marcelle_nb.cli import app
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models import mobilenet_files
from marcelle_nb.models.mobilenet_teacher import mobilenet_teacher
from tests.mobilenet_weights import write_keras_weights
from tests.small_photos import write_photos

# Keras reads HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def machine_without_network(tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mobilenet_files, "_address", lambda *_, **__: "https://127.0.0.1:9/w.h5")


def fetched(tmp_path):
    """Put weights into the cache, as `marcelle-nb fetch --from` does; give their path."""
    path = write_keras_weights(tmp_path / "w.h5", 1, 0.25)
    files = ModelFiles({"w.h5": path.read_bytes()}, main="w.h5")
    mobilenet_files.mobilenet_files(1, 0.25).install(files, "w.h5")
    return path


@pytest.mark.slow
def test_weights_of_the_cache_teach_without_a_network(tmp_path):
    import keras

    path = fetched(tmp_path)
    teacher = mobilenet_teacher(1, 0.25)
    assert (teacher.name, teacher.side, len(teacher.digest)) == ("mobilenet-v1-0.25", 224, 8)
    model = keras.applications.MobileNet((224, 224, 3), alpha=0.25, weights=None)
    model.load_weights(str(path))
    pooled = model.layers[-5].output  # before dropout, classes, reshaping and softmax
    wanted = keras.Model(model.input, pooled)(IMAGES.astype(np.float32) / 127.5 - 1)
    assert np.allclose(teacher.embed(IMAGES), np.asarray(wanted).reshape(3, -1), atol=1e-3)


def test_command_without_weights_says_how_to_fetch_them(tmp_path):
    photos = write_photos(tmp_path / "photos")
    result = CliRunner().invoke(
        app,
        ["features", "train", str(photos), "--teacher", "mobilenet", "--out", str(tmp_path / "a")],
    )
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "marcelle-nb fetch mobilenet" in line
