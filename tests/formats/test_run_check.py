from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.tflite.operator_schema import OPERATORS
from tests.formats.hostile_files import resident
from tests.formats.tflite_files import edited, graph_of, load

FLOAT, INT32, INT8 = 0, 2, 9
CONCATENATION, ARG_MAX, FILL = (OPERATORS.index(n) for n in ("CONCATENATION", "ARG_MAX", "FILL"))
SMALL = np.ones((1, 4), np.float32)


def chain(length, *, free=True):
    """Operators that each join what they are given with itself."""
    size = (-1 if free else 1, 4)
    tensors = [((1, 4), FLOAT, size) for _ in range(length + 1)]
    return graph_of(
        tensors,
        [(CONCATENATION, [n, n], [n + 1], {"axis": 0}) for n in range(length)],
        inputs=[0],
        outputs=[length],
    )


def test_a_chain_of_joins_with_free_sizes_takes_no_memory():
    data = chain(40)
    load(chain(5))(SMALL)  # what the packages take
    Path("/proc/self/clear_refs").write_text("5")
    peak = resident("VmHWM")
    model = load(data)
    with pytest.raises(ModelFormatError, match=r"expected a call that takes at most 268,435,456"):
        model(SMALL)
    assert resident("VmHWM") - peak < 64 * 2**20


def test_a_short_chain_runs():
    np.testing.assert_array_equal(load(chain(5))(SMALL)[0], np.ones((32, 4)))


def test_a_chain_with_fixed_sizes_that_lie_is_refused_at_load():
    with pytest.raises(ModelFormatError, match=r"expected \(1, 4\) as recorded, got \(2, 4\)"):
        load(chain(40, free=False))


def test_more_rows_may_take_more():
    model = load("float32")
    assert model(np.ones((3000, 8, 8, 3), np.float32))[0].shape == (3000, 5)


def filled(operator, shape):
    """A size that is computed from the input, and a tensor of that size."""
    return graph_of(
        [
            (shape, FLOAT, shape),
            ((), INT32, ()),
            ((1,), INT32, (1,)),
            ((), FLOAT, ()),
            ((1,), FLOAT, (-1,)),
        ],
        [(operator, [0, 1], [2], {"outputType": INT32}), (FILL, [2, 3], [4], {})],
        inputs=[0],
        outputs=[4],
        constants={1: np.int32(1), 3: np.float32(2)},
    )


def test_sizes_that_depend_on_computed_values_need_trust():
    data = filled(ARG_MAX, (1, 4))
    with pytest.raises(ModelFormatError, match=r"FILL: expected sizes that follow from .* trust="):
        load(data)(SMALL)
    np.testing.assert_array_equal(load(data, trust=True)(SMALL * [[1, 2, 9, 3]])[0], [2, 2])


def test_sizes_that_are_inputs_are_known_when_it_is_called():
    data = graph_of(
        [((1,), INT32, (1,)), ((), FLOAT, ()), ((1,), FLOAT, (-1,))],
        [(FILL, [0, 1], [2], {})],
        inputs=[0],
        outputs=[2],
        constants={1: np.float32(3)},
    )
    model = load(data)
    for size in (2, 5, 2):
        np.testing.assert_array_equal(model(np.array([size]))[0], np.full(size, 3))
    with pytest.raises(ModelFormatError, match="expected a call that takes at most"):
        model(np.array([2**30]))
    with pytest.raises(ModelFormatError, match="FILL: expected at most 8 sizes of 0 and more"):
        model(np.array([-5]))


def counting(change):
    """The loop of the fixtures, whose counter is changed."""

    def apply(model):
        for graph in model.subgraphs[1:]:
            for tensor in graph.tensors:
                data = model.buffers[tensor.buffer].data
                if tensor.type == INT32 and data is not None and len(data) == 4:
                    value = int(np.array(data, np.uint8).view(np.int32)[0])
                    buffer = type(model.buffers[0])()
                    buffer.data = np.array([change(value)], np.int32).view(np.uint8)
                    model.buffers.append(buffer)
                    tensor.buffer = len(model.buffers) - 1

    return edited("loop", apply)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: 0 if n == 1 else n, "WHILE: expected a loop that ends, got one whose steps"),
        (lambda n: -1 if n == 1 else n, "expected a run of at most 30,000 operations"),
        (lambda n: 2**31 - 1 if n != 1 else n, "expected a run of at most 30,000 operations"),
    ],
)
def test_loops_without_end_are_refused(change, message):
    with pytest.raises(ModelFormatError, match=message):
        load(counting(change))(np.ones((2, 2), np.float32))


def test_a_loop_that_ends_runs():
    changed, given = load(counting(lambda n: n)), np.ones((2, 2), np.float32)
    np.testing.assert_array_equal(changed(given)[0], load("loop")(given)[0])


def test_rare_operators_need_trust():
    data = graph_of(
        [((1, 4), FLOAT, (1, 4))] * 2,
        [(OPERATORS.index("BITCAST"), [0], [1], {})],
        inputs=[0],
        outputs=[1],
    )
    with pytest.raises(ModelFormatError, match=r"expected operators that are checked .* got"):
        load(data)


def test_a_free_size_that_is_recorded_as_huge_is_refused():
    def change(model):
        made = model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]]
        made.shape, made.shapeSignature = [2**23, 5], [-1, 5]

    with pytest.raises(ModelFormatError, match="expected at most 16,777,216 bytes with a free"):
        load(edited("float32", change))
