"""What starts TensorFlow shows nothing of what its native code then says."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from marcelle_nb.formats import tensorflow_start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BEGIN = """
import sys, warnings
from pathlib import Path
import numpy as np
import marcelle_nb as mnb
place = Path(sys.argv[1])
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
def rows():
    data = mnb.dataset("rows")
    for n in range(20):
        data.create({"x": [n % 2 + n / 100, 1 - n % 2], "y": "ab"[n % 2]})
    return data
def predicted(path):
    model = mnb.tf_generic_model(input_type="generic")
    model.load_from_files(path)
    return model.predict(np.zeros(4, np.float32))
"""
MOBILENET = """
network = mnb.mobilenet(1, 0.25, url=mnb.practice_weights("mobilenet", place))
network.process(np.zeros((30, 30, 3), np.uint8))
network.export_page(place / "page")
"""
DETECTOR = """
detector = mnb.coco_ssd(url=mnb.practice_weights("coco-ssd", place))
detector.predict(np.zeros((30, 30, 3), np.uint8))
"""
KERAS = """
def build(shape, classes):
    import keras
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(classes)])
model = mnb.keras_model(build, epochs=1)
model.train(rows()).wait()
model.predict([0, 1])
model.export_page(place / "page")
"""
UMAP = """
with warnings.catch_warnings(action="ignore"):  # numba may say that it has no threads
    mnb.umap().train(rows()).wait()
assert "umap" in sys.modules
"""
FORMATS = {
    "keras": "a.keras",
    "h5": "a.h5",
    "frozen-graph": "a.pb",
    "saved-model": "saved",
    "tfjs-layers": "layers",
    "tfjs-graph": "graph",
    "tflite": "a.tflite",
}


@pytest.fixture
def said(tmp_path):
    """What a process wrote where a notebook shows it red, without the word that silences TF."""

    def run(script, **environment):
        clean = {name: it for name, it in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
        done = subprocess.run(
            [sys.executable, "-c", BEGIN + script, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**clean, "PYTHONPATH": str(ROOT), **environment},
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    return run


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return {"MARCELLE_NB_CACHE": str(tmp_path_factory.mktemp("cache"))}


@pytest.mark.parametrize(
    "script", [MOBILENET, DETECTOR, KERAS, UMAP], ids=["mobilenet", "coco_ssd", "keras", "umap"]
)
def test_who_uses_a_model_sees_nothing_of_the_start(script, cache, said):
    assert said(script, **cache) == ""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    import keras

    from marcelle_nb import convert

    folder = tmp_path_factory.mktemp("files")
    layers = [keras.Input((4,)), keras.layers.Dense(3, activation="softmax")]
    for kind, name in FORMATS.items():
        convert(keras.Sequential(layers), folder / name, format=kind)
    return folder


@pytest.mark.parametrize("kind", FORMATS)
def test_who_loads_a_file_sees_nothing_of_the_start(kind, files, said):
    name = FORMATS[kind]
    path = files / name / "model.json" if kind.startswith("tfjs") else files / name
    assert said(f"predicted({str(path)!r})") == ""


def test_tensorflow_lites_own_interpreter_is_as_quiet(files, said):
    path = str(files / FORMATS["tflite"])
    # as where ai_edge_litert is not installed
    script = f"sys.modules['ai_edge_litert.interpreter'] = None\npredicted({path!r})"
    assert said(script) == ""


def test_who_wants_to_read_it_does(said):
    script = "from marcelle_nb.formats.tensorflow_start import start_tensorflow as s\ns()\ns()"
    assert said(script, TF_CPP_MIN_LOG_LEVEL="0") != ""


FAILING = """
import sys
sys.modules["tensorflow"] = None
from marcelle_nb.formats.tensorflow_start import start_tensorflow
for _ in range(2):
    try:
        start_tensorflow()
    except ImportError as error:
        print(error, file=sys.stderr)
"""


def test_an_error_of_the_start_comes_out_each_time(said):
    lines = said(FAILING).splitlines()
    assert len(lines) == 2
    assert all("tensorflow" in line for line in lines)


@pytest.mark.parametrize("error", [RuntimeError("no device"), ValueError("no such setting")])
def test_an_error_of_the_devices_is_left_to_their_first_use(error, monkeypatch):
    def fail():
        asked.append(True)
        raise error

    asked: list[bool] = []
    fake = SimpleNamespace(config=SimpleNamespace(list_logical_devices=fail))
    monkeypatch.setitem(sys.modules, "tensorflow", fake)
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace())
    monkeypatch.setattr(tensorflow_start, "_is_started", threading.Event())
    for _ in range(2):
        tensorflow_start.start_tensorflow()
    assert asked == [True]
