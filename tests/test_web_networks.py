"""Networks as web pages run them."""

import json

import numpy as np

import marcelle_nb as mnb
from tests.extension_server import ROOT


def keras_model(build, x, **options):
    model = mnb.keras_model(build, epochs=1, seed=0, **options)
    model.train([{"x": it, "y": "ab"[i % 2]} for i, it in enumerate(x)]).wait(120)
    return model


def about(model):
    return json.loads(model._web_model().files()["model.json"])


def test_a_keras_model_of_pictures_tells_the_page_how_they_become_inputs():
    def build(shape, classes):
        import keras

        layers = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes)]
        return keras.Sequential(layers)

    pictures = np.random.default_rng(0).integers(0, 256, (6, 8, 10, 3), np.uint8)
    told = about(keras_model(build, pictures, input_range=(-1, 1)))
    assert "trainingConfig" not in told  # nor the optimizer's state
    assert told["marcelle_nb"] | {"version": ""} == {
        "version": "",
        "kind": "layers",
        "task": "classification",
        "labels": ["a", "b"],
        "answers": "logits",
        "input": {
            "kind": "image",
            "height": 8,
            "width": 10,
            "range": [-1.0, 1.0],
            "channels": 3,
            "crop": "center",
            "is_flat": False,
            "channels_first": False,
            "batched": True,
            "dtype": "float32",
        },
    }


def test_layers_that_tensorflow_js_does_not_know_are_published_as_a_graph():
    def build(shape, classes):
        import keras

        inputs = keras.Input(shape)
        x = keras.ops.relu(keras.layers.Dense(classes)(inputs))  # no layer of TensorFlow.js
        return keras.Model(inputs, keras.layers.Softmax()(x))

    told = about(keras_model(build, np.eye(6, 3, dtype=np.float32)))
    assert told["format"] == "graph-model"
    assert told["marcelle_nb"]["kind"] == "graph"
    assert told["marcelle_nb"]["input"] == {"kind": "vector", "size": 3, "features": None}


def test_a_file_of_tensorflow_js_keeps_its_own_numbers():
    folder = ROOT / "tests" / "fixtures" / "tfjs-layers" / "mlp_dense"
    model = mnb.tf_generic_model("generic")
    model.load_from_files(folder)
    files = model._web_model().files()
    document = json.loads(files.pop("model.json"))
    (weights,) = files
    assert document["weightsManifest"][0]["paths"] == [weights]
    assert document["marcelle_nb"]["answers"] == "numbers"
    assert files[weights] in {path.read_bytes() for path in folder.iterdir()}


def test_a_segmentation_from_a_file_tells_what_a_page_reads_and_nothing_else(tmp_path):
    import keras

    keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1)]).save(tmp_path / "m.keras")
    model = mnb.tf_generic_model(task_type="segmentation")
    model.load_from_files(tmp_path / "m.keras")
    told = about(model)["marcelle_nb"]
    assert {*told} == {"version", "kind", "task", "labels", "answers", "input"}
    assert told["task"] == "segmentation"
