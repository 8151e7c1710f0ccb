"""The types of results are those of TensorFlow's definitions."""

from __future__ import annotations

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.graphs.result_types import result_type, result_types
from tests.formats.graph_makers import FLOAT, INT, node


def test_types_come_from_attributes_defaults_and_lists():
    assert result_types(node("a", "Relu", T=FLOAT)) == [FLOAT]
    assert result_types(node("a", "TopKV2", T=FLOAT)) == [FLOAT, INT]
    assert result_types(node("a", "Split", T=FLOAT, num_split=3)) == [FLOAT] * 3
    several = node("a", "IdentityN")
    several.attr["T"].list.type.extend([FLOAT, INT])
    assert result_types(several) == [FLOAT, INT]
    assert result_type(several, 1) == INT


@pytest.mark.parametrize(
    ("made", "index", "message"),
    [
        (node("a", "Bogus"), 0, "an operation that TensorFlow has, got 'Bogus'"),
        (node("a", "Relu", T=FLOAT), 1, "one of 1 results of Relu, got 1"),
        (node("a", "Cast"), 0, "an attribute 'DstT', got none"),
        (node("a", "Split", T=FLOAT, num_split=10**9), 0, "fewer results"),
    ],
)
def test_what_has_no_type_is_refused(made, index, message):
    with pytest.raises(ModelFormatError, match=message):
        result_type(made, index)
