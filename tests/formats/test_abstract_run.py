from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from marcelle_nb.formats.tflite.abstract_run import RULES
from marcelle_nb.formats.tflite.operator_arity import ARITY
from marcelle_nb.formats.tflite.operator_types import SIGNATURES
from marcelle_nb.formats.tflite.sized import Sized
from marcelle_nb.formats.tflite.unfit import Unfit
from marcelle_nb.formats.tflite.value_rules import computed_values


def made(name, options, given, outputs=1):
    """Shapes of the outputs; arrays are known values."""
    operator: Any = SimpleNamespace(name=name, options=options, outputs=[0] * outputs, custom="")
    sizes = [Sized.of(g) if isinstance(g, tuple) else Sized.computed(np.array(g)) for g in given]
    return [size.shape for size in RULES[name](operator, sizes)]


@pytest.mark.parametrize(
    ("name", "options", "given", "shape"),
    [
        ("CONCATENATION", {"axis": 0}, [(4, 2), (3, 2)], (7, 2)),
        ("PACK", {"axis": 1}, [(5,), (5,)], (5, 2)),
        ("ADD", {}, [(4, 1), (3,)], (4, 3)),
        ("MUL", {}, [(0, 2), (1, 2)], (0, 2)),
        ("SELECT_V2", {}, [(2, 1), (1, 3), ()], (2, 3)),
        ("BATCH_MATMUL", {}, [(2, 3, 4), (4, 5)], (2, 3, 5)),
        ("BATCH_MATMUL", {"adj_x": True, "adj_y": True}, [(2, 4, 3), (5, 4)], (2, 3, 5)),
        ("FULLY_CONNECTED", {}, [(2, 3, 4), (7, 4)], (6, 7)),
        ("FULLY_CONNECTED", {"keep_num_dims": True}, [(2, 3, 4), (7, 4)], (2, 3, 7)),
        ("GATHER", {"axis": 1}, [(2, 9, 3), (4,)], (2, 4, 3)),
        ("GATHER", {"axis": 1, "batch_dims": 1}, [(2, 9, 3), (2, 4)], (2, 4, 3)),
        ("GATHER", {"axis": -1}, [(2, 9), (4, 4)], (2, 4, 4)),
        ("RESHAPE", {}, [(2, 6), [3, -1]], (3, 4)),
        ("TILE", {}, [(2, 3), [2, 5]], (4, 15)),
        ("PAD", {}, [(2, 3), [[1, 0], [2, 2]]], (3, 7)),
        ("RANGE", {}, [5, 0, -2], (3,)),
        ("MEAN", {"keep_dims": True}, [(2, 3, 4), [1, -1]], (2, 1, 1)),
        ("TRANSPOSE", {}, [(2, 3, 4), [2, 0, 1]], (4, 2, 3)),
        ("STRIDED_SLICE", {"shrink_axis_mask": 1}, [(4, 9), [1, 8], [2, 0], [1, -3]], (3,)),
        ("CONV_2D", {"stride_h": 2, "stride_w": 2}, [(1, 9, 8, 3), (5, 3, 3, 3)], (1, 5, 4, 5)),
        ("CONV_2D", {"padding": 1}, [(1, 9, 8, 3), (5, 3, 3, 3)], (1, 7, 6, 5)),
        ("SPACE_TO_BATCH_ND", {}, [(1, 4, 6, 2), [2, 2], [0, 0, 0, 0]], (4, 2, 3, 2)),
    ],
)
def test_shapes_follow_from_shapes_and_constants(name, options, given, shape):
    assert made(name, options, given) == [shape]


@pytest.mark.parametrize(
    ("name", "options", "given"),
    [
        ("ADD", {}, [(4, 2), (3,)]),
        ("CONCATENATION", {"axis": 2}, [(4, 2), (3, 2)]),
        ("GATHER", {"axis": 5}, [(2, 9), (4,)]),
        ("RESHAPE", {}, [(2, 6), [5, -1]]),
        ("TILE", {}, [(2, 3), [-1, 2]]),
        ("TRANSPOSE", {}, [(2, 3), [0, 0]]),
        ("CONV_2D", {"padding": 1}, [(1, 2, 2, 3), (5, 3, 3, 3)]),
        ("CONV_2D", {}, [(1, 9, 8, 4), (5, 3, 3, 3)]),
        ("RANGE", {}, [0, 5, 0]),
        ("SLICE", {}, [(4,), [3], [2]]),
        ("MIRROR_PAD", {"mode": 0}, [(3,), [[3, 0]]]),
    ],
)
def test_what_does_not_fit_is_refused(name, options, given):
    with pytest.raises(Unfit, match="expected"):
        made(name, options, given)


def test_every_rule_is_of_an_operator_whose_number_of_tensors_is_known():
    assert set(RULES) - {"CUSTOM"} <= set(ARITY)
    assert len(set(RULES) & set(SIGNATURES)) > 110


def test_one_side_decides_where_that_is_enough():
    operator: Any = SimpleNamespace(name="LOGICAL_AND", options={})
    sides = [Sized.of(()), Sized.computed(np.array(False))]
    assert computed_values(operator, sides, [Sized.of(())], ["bool"]) == [np.array(False)]
    sides[1] = Sized.computed(np.array(True))
    assert computed_values(operator, sides, [Sized.of(())], ["bool"]) is None
