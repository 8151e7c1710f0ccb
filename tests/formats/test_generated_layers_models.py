"""Models of every layer of TensorFlow.js, made by TensorFlow.js, are read and written again."""

from __future__ import annotations

import base64
import json
import subprocess

import numpy as np
import pytest

from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.layers_model import load_layers_model
from marcelle_nb.formats.tfjs.layers_writer import write_layers_model
from tests.formats.tfjs_node import NODE, SCRIPTS, fit_tfjs, requires_tfjs, run_tfjs

pytestmark = requires_tfjs

FAMILIES = (
    "activations",
    "advanced",
    "constraints",
    "convolutions",
    "core",
    "initializers",
    "masks",
    "merges",
    "noise",
    "normalization",
    "pooling",
    "preprocessing",
    "recurrent",
    "regularizers",
    "structures",
    "training",
    "wrappers",
)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers-models")
    made = subprocess.run(
        [NODE or "node", str(SCRIPTS / "make_layers_models.mjs"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr
    return folder


def array(told):
    data = np.frombuffer(base64.b64decode(told["data"]), told["dtype"])
    return data.reshape(told["shape"])


def read(folder):
    told = json.loads((folder / "io.json").read_text())
    inputs, outputs = ([array(each) for each in told[key]] for key in ("inputs", "outputs"))
    return load_layers_model(ModelFiles.open(folder / "model.json"), "model.json"), inputs, outputs


def assert_equal(got, wanted, name):
    assert [each.shape for each in got] == [each.shape for each in wanted], name
    for mine, theirs in zip(got, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5, err_msg=name)


def test_every_family_is_tested(models):
    assert sorted(path.name for path in models.iterdir()) == sorted(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_keras_computes_what_tensorflow_js_does(family, models):
    for folder in sorted((models / family).iterdir()):
        model, inputs, outputs = read(folder)
        assert_equal(model(*inputs), outputs, folder.name)


@pytest.mark.parametrize("family", FAMILIES)
def test_tensorflow_js_computes_the_same_from_what_is_written_again(family, models, tmp_path):
    for folder in sorted((models / family).iterdir()):
        model, inputs, outputs = read(folder)
        write_layers_model(model.keras_model, tmp_path / folder.name)
        assert_equal(run_tfjs(tmp_path / folder.name, inputs), outputs, folder.name)


def test_training_goes_on_after_two_conversions(models, tmp_path):
    for folder in sorted((models / "training").iterdir()):
        model, _, _ = read(folder)
        write_layers_model(model.keras_model, tmp_path / folder.name)
        told = json.loads((folder / "io.json").read_text())
        x, y = (array(told["train"][key]) for key in "xy")
        epochs = told["next_fit"]["epochs"]
        fitted = fit_tfjs(tmp_path / folder.name, [x], [y], epochs=epochs, batch_size=len(x))
        wanted = pytest.approx(told["next_fit"]["evaluate"], abs=1e-5)
        assert fitted.after == wanted, folder.name
