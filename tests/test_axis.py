import numpy as np
import pytest

from marcelle_nb.components.axis import Axis
from marcelle_nb.components.field_name import FieldName


@pytest.mark.parametrize("value", [0, 12, np.int64(3), "score", "meta.score"])
def test_an_axis_is_a_component_or_a_field(value):
    assert Axis().check("x", value) == value


@pytest.mark.parametrize("value", [-1, 1.5, True, None, [0], "a'b"])
def test_what_is_no_axis_is_refused_by_name(value):
    with pytest.raises((TypeError, ValueError), match="x: expected a"):
        Axis().check("x", value)


@pytest.mark.parametrize("value", [3, None, 'a"b', "\ud800", "\0"])
def test_what_is_no_field_is_refused_by_name(value):
    with pytest.raises(ValueError, match="color"):
        FieldName().check("color", value)
