import numpy as np
import pytest

from marcelle_nb.data import arrays
from marcelle_nb.data.row_buffer import RowBuffer
from marcelle_nb.errors import InstanceRejected


def part(start, count):
    return [{"x": np.array([i, -i], np.float32)} for i in range(start, start + count)]


@pytest.mark.parametrize("limit", [0, 1_000, 2**30])
@pytest.mark.parametrize("expected", [0, 10, 600, 5_000])
def test_rows_keep_their_order_whatever_was_expected(expected, limit, monkeypatch):
    monkeypatch.setattr(arrays, "MAPPED_BYTES", limit)
    buffer = RowBuffer(expected)
    for start in range(0, 600, 50):
        buffer.add(part(start, 50))
    assert len(buffer) == 600
    assert np.array_equal(buffer.rows()[:, 1], -np.arange(600))


def test_nothing_is_an_empty_array():
    buffer = RowBuffer(5)
    buffer.add([])
    assert buffer.rows().shape == (0, 0)


def test_a_bad_row_of_a_later_part_is_named_by_its_number():
    buffer = RowBuffer()
    buffer.add(part(0, 5))
    with pytest.raises(InstanceRejected, match=r"x of instance number 7: expected shape \(2,\)"):
        buffer.add([*part(5, 1), {"x": np.ones(3)}])
