import numpy as np
import pytest

from marcelle_nb.formats.tensor_spec import TensorSpec
from marcelle_nb.models.model_example import ModelExample, joined


def example(x, *shapes, dtype="float32"):
    return ModelExample.of([TensorSpec(f"x{i}", s, dtype) for i, s in enumerate(shapes)], x)


@pytest.mark.parametrize(
    ("shape", "x", "given"),
    [
        ((None, 3), [1, 2, 3], (1, 3)),
        ((None, 3), [[1, 2, 3]], (1, 3)),
        ((1, 3), [1, 2, 3], (1, 3)),
        ((None,), 1, (1,)),
        (None, [1, 2, 3], (1, 3)),
        ((None, None), [1, 2], (1, 2)),
    ],
)
def test_an_axis_for_the_batch_is_put_in_front_where_it_lacks(shape, x, given):
    one = example(x, shape)
    assert [array.shape for array in one.batch()] == [given]
    assert one.has_batch


@pytest.mark.parametrize(
    ("shape", "x"),
    [
        ((3,), [1, 2, 3]),
        ((), 5),
        ((2, 3), [[1, 2, 3], [4, 5, 6]]),
        ((None,), [1, 2]),
        ((None, 2), [[1, 2], [3, 4], [5, 6]]),
    ],
)
def test_what_has_all_axes_of_the_input_is_given_as_it_is(shape, x):
    one = example(x, shape)
    assert np.array_equal(one.batch()[0], x)
    assert not one.has_batch


def test_texts_are_examples():
    assert example("hello", (None,), dtype="string").batch()[0].tolist() == ["hello"]
    assert example(["hello"], (None,), dtype="string").batch()[0].tolist() == ["hello"]


def test_several_inputs_may_have_a_batch_or_none():
    one = example({"x1": 0.5, "x0": [1, 2]}, (None, 2), ())
    assert [array.shape for array in one.batch()] == [(1, 2), ()]
    assert one.has_batch


@pytest.mark.parametrize("x", ["ab", 3, {"x0": 1}, [1], np.zeros(3), {3: 1, "x0": 2}, None])
def test_what_is_not_one_array_for_each_input_is_refused(x):
    with pytest.raises(ValueError, match=r"x: expected .*'x0', 'x1'"):
        example(x, (None, 2), (None, 2))


def test_rows_of_several_lengths_are_refused_by_name():
    with pytest.raises(ValueError, match="x0: expected rows of one length"):
        example([[1, 2], [3]], (None, None, 2))


def test_examples_are_joined_where_they_fit_together():
    rows = [example([i, 0], (None, 2)) for i in range(3)]
    (together,) = joined(rows) or []
    assert together.tolist() == [[0, 0], [1, 0], [2, 0]]
    assert joined([*rows, example([1, 2, 3], (None, 2))]) is None
    assert joined([example([1, 2], (2,))] * 2) is None
