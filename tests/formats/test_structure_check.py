import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from tests.formats.tflite_files import NAMES, REFUSED, edited, load


def tensor(model, *, constant, shape_size=None):
    """Find a tensor of the first subgraph that is constant, or not."""
    for each in model.subgraphs[0].tensors:
        data = model.buffers[each.buffer].data
        if (data is not None and len(data) > 0) == constant and (
            shape_size is None or len(each.shape) == shape_size
        ):
            return each
    raise LookupError


def operator(model, place=0):
    return model.subgraphs[0].operators[place]


def stretched(model):
    weights = tensor(model, constant=True, shape_size=4)
    weights.shape = [1000, *weights.shape[1:]]


def huge(model):
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shapeSignature = []
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = [1, 60000, 60000, 3]


def unlike(model):
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = [1, 8, 9, 3]


def circle(model):
    operator(model, -1).builtinOptions.thenSubgraphIndex = 0


def no_options(model):
    operator(model, -1).builtinOptions = None
    operator(model, -1).builtinOptionsType = 0


def unwritten(model):
    model.subgraphs[0].operators = model.subgraphs[0].operators[1:]


def constant_output(model):
    number = model.subgraphs[0].tensors.index(tensor(model, constant=True))
    operator(model).outputs = np.array([number], np.int32)


def constant_input(model):
    given = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    given.buffer = tensor(model, constant=True).buffer


def beyond(model):
    operator(model).inputs = np.array([99, 1, 2], np.int32)


def left_out(model):
    operator(model).inputs = np.array([0, -1, 2], np.int32)


def no_such_buffer(model):
    model.subgraphs[0].tensors[0].buffer = 99


def no_stride(model):
    operator(model).builtinOptions.strideW = 0


def long_window(model):
    pooling = next(
        o for o in model.subgraphs[0].operators if hasattr(o.builtinOptions, "filterWidth")
    )
    pooling.builtinOptions.filterHeight = 30_000


def external(model):
    model.subgraphs[0].tensors[0].externalBuffer = 1


def scales(model):
    for each in model.subgraphs[0].tensors:
        parameters = each.quantization
        if parameters is not None and parameters.scale is not None and len(parameters.scale) > 1:
            parameters.scale = parameters.scale[:-1]


def zero_point(model):
    given = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    given.quantization.zeroPoint = np.array([128], np.int64)


def text_result(model):
    model.subgraphs[0].tensors[operator(model, -1).outputs[0]].type = 5


def other_variable(model):
    codes = [code.builtinCode for code in model.operatorCodes]
    read = next(o for o in model.subgraphs[0].operators if codes[o.opcodeIndex] == 143)
    made = model.subgraphs[0].tensors[read.outputs[0]]
    made.shape, made.shapeSignature = [2, 50], []


def no_bias(model):
    convolution = next(
        o for o in model.subgraphs[0].operators if hasattr(o.builtinOptions, "depthMultiplier")
    )
    convolution.inputs = convolution.inputs[:2]


def tiny_scale(model):
    given = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    given.quantization.scale = np.array([1e-44], np.float32)


def grown(model):
    made = model.subgraphs[0].tensors[operator(model).outputs[0]]
    made.shape = [1, 5000, 8, 4]
    made.shapeSignature = [-1, 5000, 8, 4]


def three_inputs(model):
    operator(model, -1).inputs = np.array([0, 0, 0], np.int32)


def not_a_scale(model):
    model.subgraphs[0].tensors[0].quantization.scale = np.array([np.nan], np.float32)


def texts(model):
    words = next(
        t
        for t in model.subgraphs[0].tensors
        if t.type == 5 and model.buffers[t.buffer].data is not None
    )
    data = np.array(model.buffers[words.buffer].data)
    data[4:8] = [255, 255, 255, 0]
    model.buffers[words.buffer].data = data


def many_parts(model):
    split = next(o for o in model.subgraphs[0].operators if hasattr(o.builtinOptions, "numSplits"))
    split.builtinOptions.numSplits = 70_000


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("float32", stretched, r"expected [\d,]+ bytes for \(1000, .*, got"),
        ("float32", huge, r"expected at most 1,073,741,824 bytes, got 43,"),
        ("float32", unlike, r"expected the sizes \(-1, 8, 8, 3\), got"),
        ("branch", circle, "got a longer chain or a circle"),
        ("branch", no_options, "IF: expected the options If, got none"),
        ("float32", unwritten, "expected computed inputs|expected inputs that are"),
        ("float32", constant_output, "expected outputs"),
        ("float32", constant_input, "expected inputs without stored values|expected .* bytes"),
        ("float32", beyond, "CONV_2D: expected numbers of"),
        ("float32", left_out, "CONV_2D: expected all inputs"),
        ("float32", no_such_buffer, "buffer: expected a number below"),
        ("float32", no_stride, "CONV_2D: stride_w: expected 1 to 32,768, got 0"),
        ("float32", long_window, "expected a window of at most"),
        ("float32", external, "expected its values in the file"),
        ("int8", scales, "expected a scale for each slice|zero points"),
        ("int8", zero_point, "expected zero points of -128 to 127, got"),
        ("float32", text_result, "SOFTMAX: expected numbers and texts"),
        ("signatures", other_variable, "variable .*: expected "),
        ("int8", no_bias, "DEPTHWISE_CONV_2D: expected biases with weights of int8"),
        ("int8", tiny_scale, "expected scales above 0"),
        ("float32", grown, "expected an output no larger than"),
        ("float32", three_inputs, "SOFTMAX: inputs: expected 1 to 1, got 3"),
        ("int8", not_a_scale, "expected scales above 0"),
        ("text", texts, "expected texts inside"),
        ("gru", many_parts, "num_splits: expected 3, got"),
    ],
)
def test_what_native_code_would_trust_is_refused(name, change, message):
    data = None
    try:
        data = edited(name, change)
    except (StopIteration, LookupError):
        data = edited(name, _in_bodies(change))
    with pytest.raises(ModelFormatError, match=message):
        load(data)


def _in_bodies(change):
    """Apply a change to the first subgraph in which it finds what it looks for."""

    def apply(model):
        subgraphs = list(model.subgraphs)
        for subgraph in subgraphs:
            model.subgraphs[0] = subgraph
            try:
                change(model)
            except (StopIteration, LookupError):
                continue
            else:
                return
            finally:
                model.subgraphs[0] = subgraphs[0]
        raise LookupError

    return apply


def test_an_output_that_is_recorded_as_smaller_than_it_will_be_is_refused():
    def change(model):
        graph = model.subgraphs[1]
        added = next(each for each in graph.operators if len(each.inputs) == 2)
        for place in (*added.inputs, *added.outputs):
            graph.tensors[place].shapeSignature = None
        graph.tensors[added.outputs[0]].shape = [1, 1]

    with pytest.raises(ModelFormatError, match=r"expected \(1, 1\) as recorded, got \(1, 3\)"):
        load(edited("signatures", change))


def test_a_file_that_was_only_packed_anew_is_taken():
    for name in set(NAMES) - REFUSED:
        assert load(edited(name, lambda _: None)).inputs


PROGRAM = """
import random, resource, sys, time
import numpy as np
from marcelle_nb.errors import ModelFormatError
from tests.formats.tflite_files import content, load

def mutated(data, chance):
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8])):
        place, kind = chance.randrange(len(data) - 4), chance.randrange(4)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            data[place] ^= 1 << chance.randrange(8)
        else:
            place -= place % 4
            number = int.from_bytes(data[place:place + 4], "little") + chance.choice([-4, -1, 1, 4])
            number = chance.choice([number, 0, 2**31 - 1, 2**32 - 1, chance.randrange(2**32)])
            data[place:place + 4] = (number % 2**32).to_bytes(4, "little")
    return bytes(data)

for name in sys.argv[2:]:
    data = content(name)
    for seed in range(int(sys.argv[1])):
        print(name, seed, file=sys.stderr, flush=True)
        began = time.monotonic()
        changed = mutated(data, random.Random(f"{name} {seed}"))
        try:
            load(changed)
        except ModelFormatError:
            pass
        assert time.monotonic() - began < 5, "slow"
print("done")
"""


@pytest.mark.slow
@pytest.mark.parametrize("names", [sorted(set(NAMES) - REFUSED)[part::3] for part in range(3)])
def test_mutated_files_load_or_are_refused_and_crash_nothing(names):
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, "150", *names],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
        check=False,
    )
    tail = re.sub(r"INFO.*\\n", "", ran.stderr)[-500:]
    assert ran.stdout.strip() == "done", tail
