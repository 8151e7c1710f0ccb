"""Subclassed models with one or several inputs predict, however their `call` takes them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from marcelle_nb.formats.keras_models.keras_loaded_model import KerasLoadedModel
from marcelle_nb.formats.tensor_spec import TensorSpec

X, Y = np.full((2, 3), 1, "float32"), np.full((2, 5), 2, "float32")


class Sums(keras.Model):
    """Weighs the sum of its second input by ten."""

    def build(self, input_shape: Any) -> None:
        self.built = True

    def total(self, a: Any, b: Any) -> Any:
        return keras.ops.sum(a, -1) + 10 * keras.ops.sum(b, -1)


class OfList(Sums):
    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.total(inputs[0], inputs[1])


class OfTuple(Sums):
    def call(self, inputs: Any) -> Any:
        assert isinstance(inputs, tuple)
        return self.total(*inputs)


class OfDict(Sums):
    def call(self, inputs: Any) -> Any:
        return {"sum": self.total(inputs["a"], inputs["b"]), "first": inputs["a"]}


class OfTwo(Sums):
    def call(self, a: Any, b: Any, training: Any = None) -> Any:
        return self.total(a, b)


class OfTwoBuilt(OfTwo):
    def build(self, a_shape: Any, b_shape: Any) -> None:  # type: ignore[override]
        self.built = True


@pytest.mark.parametrize(
    ("model", "given", "names"),
    [
        (OfList(), ([X, Y],), ["input_0", "input_1"]),
        (OfTuple(), ((X, Y),), ["input_0", "input_1"]),
        (OfDict(), ({"b": Y, "a": X},), ["a", "b"]),
        (OfTwoBuilt(), (X, Y), ["a", "b"]),
    ],
    ids=["list", "tuple", "dict", "two"],
)
def test_what_it_was_called_on_is_known(model, given, names):
    model(*given)
    loaded = KerasLoadedModel(model)
    assert sorted(spec.name for spec in loaded.inputs) == names
    assert {spec.shape for spec in loaded.inputs} == {(None, 3), (None, 5)}
    arrays = {spec.name: X if spec.shape == (None, 3) else Y for spec in loaded.inputs}
    np.testing.assert_allclose(loaded(arrays)[-1], [103, 103])


def test_a_second_argument_that_keras_did_not_record_is_asked_for():
    model = OfTwo()
    model(X, Y)
    with pytest.raises(ValueError, match=r"inputs=\[TensorSpec.*for a, b"):
        KerasLoadedModel(model)


@pytest.mark.parametrize("names", [("a", "b"), ("p", "q")])
def test_a_second_argument_is_given_where_it_is_told(names):
    specs = [TensorSpec(names[0], (None, 3), "float32"), TensorSpec(names[1], (None, 5), "float32")]
    loaded = KerasLoadedModel(OfTwo(), inputs=specs)
    np.testing.assert_allclose(loaded(X, Y)[0], [103, 103])


def test_inputs_that_are_told_come_as_a_list():
    specs = [TensorSpec("p", (None, 3), "float32"), TensorSpec("q", (None, 5), "float32")]
    np.testing.assert_allclose(KerasLoadedModel(OfList(), inputs=specs)(X, Y)[0], [103, 103])
