from types import SimpleNamespace
from typing import Any

import pytest

from marcelle_nb.formats.tflite.joined_size import joined_size


@pytest.mark.parametrize(
    ("name", "options", "shapes", "size"),
    [
        ("CONCATENATION", {"axis": 0}, [(4, 2), (3, 2)], 14),
        ("PACK", {}, [(5,), (5,)], 10),
        ("ADD", {}, [(4, 1), (3,)], 12),
        ("MUL", {}, [(0, 2), (1, 2)], 0),
        ("SELECT_V2", {}, [(2, 1), (1, 3), ()], 6),
        ("BATCH_MATMUL", {}, [(2, 3, 4), (4, 5)], 30),
        ("BATCH_MATMUL", {"adj_x": True, "adj_y": True}, [(2, 4, 3), (5, 4)], 30),
        ("FULLY_CONNECTED", {}, [(2, 3, 4), (7, 4)], 42),
        ("GATHER", {"axis": 1}, [(2, 9, 3), (4,)], 24),
        ("GATHER", {"axis": 1, "batch_dims": 1}, [(2, 9, 3), (2, 4)], 24),
        ("GATHER", {"axis": -1}, [(2, 9), (4, 4)], 32),
        ("RELU", {}, [(2,)], None),
        ("GATHER", {"axis": 5}, [(2, 9), (4,)], None),
    ],
)
def test_size_follows_from_the_shapes(name, options, shapes, size):
    operator: Any = SimpleNamespace(name=name, options=options)
    tensors: list[Any] = [SimpleNamespace(shape=shape) for shape in shapes]
    assert joined_size(operator, tensors) == size
