from __future__ import annotations

import json
from pathlib import Path

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.weight_shapes import check_weight_shapes

FIXTURES = Path(__file__).parents[1] / "fixtures" / "tfjs-layers"


def layer(kind, **config):
    return {"class_name": kind, "config": {"name": "x", **config}}


def model(*layers):
    return {"class_name": "Sequential", "config": {"layers": list(layers)}}


@pytest.mark.parametrize("folder", sorted(p.name for p in FIXTURES.iterdir()))
def test_the_weights_of_real_files_are_those_of_their_layers(folder):
    document = json.loads((FIXTURES / folder / "model.json").read_text())
    topology = document["modelTopology"]
    shapes = {
        weight["name"]: tuple(weight["shape"])
        for group in document["weightsManifest"]
        for weight in group["weights"]
    }
    check_weight_shapes(topology.get("model_config", topology), shapes)


RIGHT = [
    (layer("Dense", units=3), "kernel", (7, 3)),
    (layer("Dense", units=3), "bias", (3,)),
    (layer("Embedding", input_dim=10, output_dim=4), "embeddings", (10, 4)),
    (layer("Conv1D", filters=3, kernel_size=[5]), "kernel", (5, 2, 3)),
    (layer("Conv2D", filters=3, kernel_size=5), "kernel", (5, 5, 2, 3)),
    (layer("Conv2DTranspose", filters=3, kernel_size=[5, 4]), "kernel", (5, 4, 3, 2)),
    (layer("SeparableConv2D", filters=3, kernel_size=[5, 4]), "depthwise_kernel", (5, 4, 2, 9)),
    (layer("SeparableConv2D", filters=3, kernel_size=[5, 4]), "pointwise_kernel", (1, 1, 18, 3)),
    (
        layer("DepthwiseConv2D", depth_multiplier=2, kernel_size=3),
        "depthwise_kernel",
        (3, 3, 5, 2),
    ),
    (layer("LSTM", units=3), "kernel", (7, 12)),
    (layer("GRU", units=3), "recurrent_kernel", (3, 9)),
    (layer("SimpleRNN", units=3), "kernel", (7, 3)),
    (layer("ConvLSTM2D", filters=3, kernel_size=[2, 2]), "recurrent_kernel", (2, 2, 3, 12)),
]


@pytest.mark.parametrize(("config", "variable", "shape"), RIGHT)
def test_a_shape_that_fits_passes_and_any_other_size_does_not(config, variable, shape):
    check_weight_shapes(model(config), {f"x/{variable}": shape})
    changed = tuple(n + 1 for n in shape)
    with pytest.raises(ModelFormatError, match=rf"x/{variable}: expected shape \(.*\), got"):
        check_weight_shapes(model(config), {f"x/{variable}": changed})
    with pytest.raises(ModelFormatError, match="expected shape"):
        check_weight_shapes(model(config), {f"x/{variable}": (*shape, 1)})


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (model(model(layer("Dense", units=3))), "x/kernel"),
        ({"class_name": "Sequential", "config": [layer("Dense", units=3)]}, "x/kernel"),
        (layer("TimeDistributed", layer=layer("Dense", units=3, name="y")), "x/kernel"),
        (
            layer(
                "Bidirectional", layer={"class_name": "LSTM", "config": {"name": "y", "units": 3}}
            ),
            "x/backward_y/kernel",
        ),
    ],
)
def test_nested_and_wrapped_layers_are_found(config, name):
    with pytest.raises(ModelFormatError, match=f"{name}: expected shape"):
        check_weight_shapes(model(config), {name: (7, 99)})


@pytest.mark.parametrize(
    "config",
    [
        None,
        [],
        {"config": 5},
        model(5, None, {"config": None}),
        model(layer("Dense")),
        model(layer("Dense", units="3")),
        model(layer("Conv2D", filters=3, kernel_size=[3])),
        model(layer("Conv2D", filters=3, kernel_size=None)),
        model(layer("Mine", units=3)),
        model(layer("Bidirectional", layer={"class_name": "LSTM"})),
    ],
)
def test_layers_that_are_odd_or_unknown_are_left_to_who_builds_them(config):
    check_weight_shapes(config, {"x/kernel": (7, 99)})
