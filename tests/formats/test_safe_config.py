from __future__ import annotations

import base64
import copy
import json
import marshal
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.safe_config import check_config, is_registered

FIXTURES = Path(__file__).parents[1] / "fixtures" / "tfjs-layers"
POLICY = {
    "module": "keras",
    "class_name": "DTypePolicy",
    "config": {"name": "float32"},
    "registered_name": None,
}
DENSE: dict[str, Any] = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {"name": "dense", "units": 3, "activation": "relu", "dtype": POLICY},
    "registered_name": None,
    "build_config": {"input_shape": [None, 4]},
}
CODE = base64.b64encode(marshal.dumps(compile("print(1)", "x", "exec"))).decode()
FUNCTION = {"class_name": "function", "config": "relu", "registered_name": "relu"}


def model(*layers, **more):
    config = {"name": "m", "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": config, **more}


def changed(**changes):
    return {**copy.deepcopy(DENSE), **changes}


def configured(**changes):
    layer = copy.deepcopy(DENSE)
    layer["config"].update(changes)
    return layer


@pytest.mark.parametrize("folder", sorted(p.name for p in FIXTURES.iterdir()))
def test_what_tensorflow_js_and_its_converter_write_passes(folder):
    check_config(
        json.loads((FIXTURES / folder / "model.json").read_text())["modelTopology"], folder
    )


def test_what_each_keras_writes_passes():
    check_config(model(DENSE), "m")
    check_config(model(changed(module="tf_keras.layers")), "m")
    check_config(model(changed(module="keras.src.layers.core.dense")), "m")
    check_config(
        {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {}}]}, "m"
    )
    functional = {"class_name": "Functional", "registered_name": "Functional", "config": {}}
    for module in ("keras.src.models.functional", "tf_keras.src.engine.functional"):
        check_config({**functional, "module": module}, "m")
    add = {"module": "keras.src.ops.numpy", "class_name": "Add", "registered_name": "Add"}
    check_config(model({**add, "config": {"name": "add"}}), "m")
    adam = {"class_name": "Custom>Adam", "config": {"learning_rate": 0.1}}
    check_config({"optimizer_config": adam, "loss": "mse"}, "m")
    check_config(model(DENSE, compile_config={"loss": {**FUNCTION, "module": "builtins"}}), "m")


HOSTILE = {
    "a Lambda": {"class_name": "Lambda", "config": {"name": "x"}},
    "a Lambda of Keras 3": changed(class_name="Lambda"),
    "a Lambda by its file": changed(
        module="keras.src.layers.core.lambda_layer", class_name="Lambda"
    ),
    "a Lambda within a wrapper": {
        "class_name": "TimeDistributed",
        "config": {"layer": {"class_name": "Lambda", "config": {}}},
    },
    "a Lambda within a nested model": model(model(model({"class_name": "Lambda", "config": {}}))),
    "a Lambda as a cell": configured(cell={"class_name": "Lambda", "config": {}}),
    "a Lambda within build_config": changed(build_config={"x": {"class_name": "Lambda"}}),
    "a Lambda by its registered name": changed(registered_name="Lambda"),
    "a Lambda by its registered name alone": changed(module=None, registered_name="keras>Lambda"),
    "a lambda": configured(activation={"class_name": "__lambda__", "config": {"value": CODE}}),
    "a lambda deep in lists": configured(x=[[[{"class_name": "__lambda__", "config": {}}]]]),
    "bytecode": configured(function=[CODE, None, None]),
    "bytecode as a plain value": configured(activation=CODE),
    "a function type": configured(function_type="lambda", function="f"),
    "a function of a module": configured(
        activation={**FUNCTION, "module": "os", "config": "system"}
    ),
    "a function of Python": configured(
        activation={**FUNCTION, "module": "builtins", "config": "exec", "registered_name": "exec"}
    ),
    "a function of keras.models": configured(
        activation={**FUNCTION, "module": "keras.models", "config": "load_model"}
    ),
    "a function of keras.utils": configured(
        activation={**FUNCTION, "module": "keras.utils", "config": "get_file"}
    ),
    "a function of keras.saving": configured(
        activation={**FUNCTION, "module": "keras.saving", "config": "load_model"}
    ),
    "a function of keras.config": configured(
        activation={
            **FUNCTION,
            "module": "keras.config",
            "config": "enable_unsafe_deserialization",
        }
    ),
    "a function without a module": configured(activation={**FUNCTION, "config": "system"}),
    "a function under another name": configured(
        activation={**FUNCTION, "module": "builtins", "registered_name": "mine>relu"}
    ),
    "a class of a module": changed(module="subprocess", class_name="Popen"),
    "a class of a module like keras": changed(module="keras_evil.layers"),
    "a class of a module below keras": changed(module="keras.utils", class_name="Sequence"),
    "a class by way of keras.src": changed(module="keras.src.saving.saving_lib"),
    "a dotted class": changed(module="keras.src.ops.numpy", class_name="np.x"),
    "a class of the notebook": changed(module="__main__", registered_name="Mine"),
    "a class that nobody registered": changed(class_name="Mine", registered_name="pkg>Mine"),
    "a class without a module": {"class_name": "Mine", "config": {}},
    "TFSMLayer": changed(class_name="TFSMLayer", config={"name": "x", "call_endpoint": "y"}),
    "TorchModuleWrapper": changed(class_name="TorchModuleWrapper"),
    "a type specification": {"class_name": "__typespec__", "spec_name": "x", "config": []},
    "a vocabulary in a file": {
        **changed(class_name="StringLookup"),
        "config": {"vocabulary": "/etc/passwd"},
    },
    "a loss that nobody registered": model(
        compile_config={"loss": {"module": "builtins", "class_name": "Mine", "config": {}}}
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_could_run_code_or_read_files_is_refused(case):
    with pytest.raises(UnsafeModel, match=r"^file\.h5: "):
        check_config(model(HOSTILE[case]), "file.h5")


@pytest.mark.parametrize("case", HOSTILE)
def test_only_trust_lets_it_through(case):
    check_config(model(HOSTILE[case]), "file.h5", trust=True)


def test_the_layer_is_named_and_what_to_do():
    layer = {"module": None, "class_name": "Mine", "config": {"name": "last"}}
    with pytest.raises(UnsafeModel, match=r"layer 'last': .* got 'Mine'; .*register_keras_seri"):
        check_config(model(layer), "m")


def test_a_registered_class_passes_and_only_while_it_is_registered():
    import keras

    layer = changed(module=None, class_name="Mine", registered_name="test_safe_config>Mine")
    with keras.saving.custom_object_scope({"test_safe_config>Mine": keras.layers.Dense}):
        check_config(model(layer), "m")
    with pytest.raises(UnsafeModel):
        check_config(model(layer), "m")


def test_our_own_layers_are_always_registered():
    assert is_registered("marcelle_nb>ThresholdedReLU")
    assert not is_registered("marcelle_nb>Lambda")
    assert not is_registered(None)


def test_words_in_a_list_are_no_file():
    check_config(
        model({**changed(class_name="StringLookup"), "config": {"vocabulary": ["a", "b"]}}), "m"
    )


def nested(depth):
    layer = DENSE
    for _ in range(depth):
        layer = model(layer)
    return layer


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "expected a configuration, got NoneType"),
        (model(configured(units=2**40)), "layer 'dense': units: expected a number up to"),
        (model(configured(strides=10**5000)), "strides: expected a number up to .* larger one"),
        (model(changed(build_config={"input_shape": [None, 2**20, 2**20]})), "input_shape: expec"),
        (model(configured(batch_input_shape=[[2**16, 2**16]])), "batch_input_shape: expected"),
        (model(configured(target_shape=[1] * 100)), "target_shape: expected"),
        (
            model(*[{"class_name": "Flatten", "config": {}}] * 5001),
            "at most 5,000 layers, got 5,001",
        ),
        (nested(60), "expected at most 100 levels"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("trust", [False, True])
def test_sizes_that_no_model_has_are_refused_also_when_trusted(config, message, trust):
    with pytest.raises(ModelFormatError, match=message):
        check_config(config, "m", trust=trust)


@pytest.mark.parametrize("odd", [{"class_name": ["Dense"]}, {"module": ["keras"]}])
def test_a_class_that_is_not_named_by_text_is_refused(odd):
    with pytest.raises(ModelFormatError, match="expected the name of a class"):
        check_config(model(changed(**odd)), "m")


def test_a_seed_may_be_any_number():
    check_config(model(configured(seed=2**63, shared_object_id=140529043695376)), "m")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["class_name", "config", "layers", "module", "registered_name", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(values)
def test_any_configuration_passes_or_is_refused_with_our_own_error(value):
    try:
        check_config(value, "m")
    except ModelFormatError:
        return
    assert "Lambda" not in json.dumps(value)


def test_checking_imports_no_keras():
    import subprocess

    code = (
        "import sys; from marcelle_nb.formats.keras_models.safe_config import check_config; "
        f"check_config({model(DENSE)!r}, 'm'); assert 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_layer_called_with_constants_alone_is_refused():
    call = {"args": [[1.0]], "kwargs": {}}
    tile = {"class_name": "Tile", "module": "keras.src.ops.numpy", "config": {"repeats": [2**30]}}
    config = {"layers": [{**tile, "name": "t", "inbound_nodes": [call]}]}
    with pytest.raises(ModelFormatError, match="takes another's output"):
        check_config({"class_name": "Functional", "config": config}, "m.keras")


def test_name_of_more_than_a_thousand_characters_is_refused():
    check_config(model(configured(name="x" * 1_000)), "m")
    with pytest.raises(ModelFormatError, match="name: expected at most 1,000 characters"):
        check_config(model(configured(name="x" * 1_001)), "m")


@pytest.mark.parametrize("kind", ["__numpy__", "__tensor__"])
@pytest.mark.parametrize("dtype", ["<U500000000", "V1000000000", "S9", "object", "string", None, 5])
@pytest.mark.parametrize("trust", [True, False])
def test_array_of_other_things_than_numbers_is_refused(kind, dtype, trust):
    value = {"class_name": kind, "config": {"value": ["a"], "dtype": dtype}}
    layer = configured(kernel_initializer={"class_name": "Constant", "config": {"value": value}})
    with pytest.raises(ModelFormatError, match="expected an array of numbers, got one of"):
        check_config(model(layer), "m", trust=trust)


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool", "bfloat16"])
def test_array_of_numbers_passes(dtype):
    value = {"class_name": "__numpy__", "config": {"value": [1], "dtype": dtype}}
    layer = configured(kernel_initializer={"class_name": "Constant", "config": {"value": value}})
    check_config(model(layer), "m")
