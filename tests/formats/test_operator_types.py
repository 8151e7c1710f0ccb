import numpy as np
import pytest
from tensorflow.lite.python.schema_py_generated import QuantizationParametersT

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.operator_schema import OPERATORS
from marcelle_nb.formats.tflite.operator_types import SIGNATURES
from tests.formats.tflite_files import edited, graph_of, load

FLOAT, INT32, BOOL, INT8 = 0, 2, 6, 9
NO_OPTIONS: dict[str, int] = {}


def quantised(scale):
    def change(model):
        graph = model.subgraphs[0]
        operator = next(o for o in graph.operators if hasattr(o.builtinOptions, "beta"))
        graph.tensors[operator.outputs[0]].quantization.scale = scale

    return edited("int8" if scale is not None else "uint8", change)


def test_every_operator_with_types_exists():
    assert set(SIGNATURES) <= set(OPERATORS)


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("ADD", [FLOAT, FLOAT, BOOL]),
        ("ADD", [FLOAT, INT32, FLOAT]),
        ("LESS", [FLOAT, FLOAT, FLOAT]),
        ("SELECT_V2", [FLOAT, FLOAT, FLOAT, FLOAT]),
        ("RELU", [FLOAT, INT8]),
        ("DEQUANTIZE", [INT8, INT32]),
    ],
)
def test_types_that_do_not_belong_together_are_refused(name, types):
    tensors = [((2,), kind, (2,)) for kind in types]
    inputs, outputs = [*range(len(types) - 1)], [len(types) - 1]
    operator = (OPERATORS.index(name), inputs, outputs, NO_OPTIONS)
    data = graph_of(tensors, [operator], inputs=inputs, outputs=outputs)
    with pytest.raises(ModelFormatError, match=rf"{name}: expected types that belong together"):
        load(data)


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        (np.array([2e-38], np.float32), "SOFTMAX: expected scales at most 1e.18 apart"),
        (None, "SOFTMAX: expected a scale, got none"),
    ],
)
def test_scales_that_native_code_cannot_write_are_refused(scale, message):
    with pytest.raises(ModelFormatError, match=message):
        load(quantised(scale))


def test_weights_whose_scale_makes_sums_larger_than_can_be_stored_are_refused():
    def change(model):
        graph = model.subgraphs[0]
        weights = graph.tensors[graph.operators[1].inputs[1]]
        scale = np.array(weights.quantization.scale)
        scale[0] = 1e5
        weights.quantization.scale = scale

    with pytest.raises(ModelFormatError, match=r"scales that make sums smaller, got a factor of"):
        load(edited("uint8", change))


@pytest.mark.parametrize("name", ["ADD", "SUB"])
def test_sums_of_scales_that_are_far_apart_are_refused(name):
    def change(model):
        for tensor, scale in zip(model.subgraphs[0].tensors, (1.0, 1e-7, 1e-7), strict=True):
            tensor.quantization = QuantizationParametersT()
            tensor.quantization.scale = np.array([scale], np.float32)
            tensor.quantization.zeroPoint = np.zeros(1, np.int64)

    operator = (OPERATORS.index(name), [0, 1], [2], {"potScaleInt16": False})
    data = graph_of([((2,), INT8, (2,))] * 3, [operator], inputs=[0, 1], outputs=[2])
    with pytest.raises(ModelFormatError, match=rf"{name}: expected inputs' scales at most 8,192"):
        load(edited(data, change))


def test_loops_get_and_give_what_their_bodies_take():
    def change(model):
        body = model.subgraphs[-1]
        body.tensors[body.outputs[-1]].type = BOOL

    with pytest.raises(ModelFormatError, match=r"expected a subgraph from|types that belong"):
        load(edited("loop", change))


@pytest.mark.parametrize("change", ["offset", "step"])
def test_a_single_place_of_a_slice_has_neither_offset_nor_step(change):
    def apply(model):
        graph = model.subgraphs[0]
        operator = next(o for o in graph.operators if hasattr(o.builtinOptions, "shrinkAxisMask"))
        if change == "offset":
            operator.builtinOptions.offset = True
        else:
            buffer = model.buffers[graph.tensors[operator.inputs[3]].buffer]
            buffer.data = np.full(len(buffer.data) // 4, -1, np.int32).view(np.uint8)

    with pytest.raises(ModelFormatError, match="expected single places without offset or step"):
        load(edited("lstm", apply))


def test_what_is_computed_is_no_variable():
    def change(model):
        graph = model.subgraphs[0]
        graph.tensors[graph.operators[0].outputs[0]].isVariable = True

    with pytest.raises(ModelFormatError, match="CONV_2D: expected outputs of its own"):
        load(edited("float32", change))
