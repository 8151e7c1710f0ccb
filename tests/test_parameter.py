import copy
import inspect

import numpy as np
import pytest

from marcelle_nb.component import Component
from marcelle_nb.kinds import Boolean, Integer, IntegerList, Text
from marcelle_nb.models.mlp import MLP
from marcelle_nb.parameter import Parameter, declarations, parameter
from marcelle_nb.stream import Stream


class Example(Component):
    view = "button"
    size = parameter(Integer(min=1, max=10), 3)
    layers = parameter(IntegerList(min=1), [4, 2])
    shuffle = parameter(Boolean(), True)

    def __init__(self, text="", **parameters):
        super().__init__(**parameters)


class Extended(Example):
    label = parameter(Text(), "x")
    size = parameter(Integer(min=1), 7)


BAD = [0, 11, "3", 2.0, True, None, [3], {}, 10**40, float("nan"), np.bool_(True), "", b"3"]


@pytest.fixture
def example():
    return Example()


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_value_changes_nothing_and_emits_nothing(example, value):
    seen: list[int] = []
    example.parameters.size.subscribe(seen.append)
    with pytest.raises(
        (TypeError, ValueError), match=r"^size: expected a whole number from 1 to 10"
    ):
        example.parameters.size.set(value)
    assert (example.size, seen) == (3, [3])


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_first_value_is_refused(value):
    with pytest.raises((TypeError, ValueError), match=r"^size: expected"):
        Example(size=value)


def test_a_parameter_is_a_stream(example):
    assert isinstance(example.parameters.size, Stream)
    assert example.parameters.size.map(str).value == "3"


def test_the_attribute_and_the_stream_are_one_value(example):
    example.size = 5
    assert example.parameters.size.value == 5
    example.parameters.size.set(6)
    assert example.size == 6


def test_a_bad_attribute_is_refused(example):
    with pytest.raises(TypeError, match="size: expected a whole number"):
        example.size = "5"


def test_set_keeps_the_plain_form(example):
    example.parameters.size.set(np.int64(4))
    assert type(example.size) is int


def test_an_equal_value_is_emitted_again(example):
    seen: list[int] = []
    example.parameters.size.subscribe(seen.append)
    example.size = 3
    assert seen == [3, 3]


def test_two_objects_of_a_class_have_their_own_values(example):
    other = Example(size=9)
    assert (example.size, other.size) == (3, 9)


def test_a_list_that_was_given_is_not_shared():
    given = [5]
    one, other = Example(layers=given), Example()
    given.append(0)
    assert (one.layers, other.layers) == ([5], [4, 2])


def test_two_objects_do_not_share_a_default_list():
    assert Example().layers is not Example().layers


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(
        TypeError, match=r"Example has no parameter 'siez'; it has \['size', 'layers'"
    ):
        Example(siez=1)


def test_an_unknown_attribute_is_refused_with_those_there_are(example):
    with pytest.raises(AttributeError, match=r"no parameter 'siez'; there are \['size', 'layers'"):
        _ = example.parameters.siez


def test_an_assignment_to_the_stream_says_what_to_write(example):
    with pytest.raises(AttributeError, match=r"expected parameters.size.set\(value\)"):
        example.parameters.size = 3


def test_parameters_are_named_in_the_order_of_their_declaration(example):
    assert list(example.parameters) == ["size", "layers", "shuffle"]
    assert len(example.parameters) == 3
    assert example.parameters["size"] is example.parameters.size


def test_a_subclass_adds_and_replaces():
    assert list(declarations(Extended)) == ["size", "layers", "shuffle", "label"]
    assert Extended(size=99).size == 99


def test_parameters_show_their_values(example):
    assert repr(example.parameters) == "Parameters(size=3, layers=[4, 2], shuffle=True)"


def test_parameters_complete_in_a_notebook(example):
    assert {"size", "layers", "shuffle"} <= set(dir(example.parameters))


def test_parameters_can_be_copied_to_a_dictionary(example):
    assert example.parameters.to_dict() == {"size": 3, "layers": [4, 2], "shuffle": True}


def test_looking_for_a_private_name_in_unmade_parameters_ends(example):
    empty = object.__new__(type(example.parameters))
    with pytest.raises(AttributeError):
        _ = copy.copy(empty)._streams


def test_the_class_gives_the_declaration():
    assert Example.size.default == 3


def test_a_bad_default_is_refused_where_the_class_is_made():
    with pytest.raises((RuntimeError, ValueError)) as caught:
        type("Bad", (Component,), {"view": "button", "size": parameter(Integer(min=1), 0)})
    cause = caught.value.__cause__ or caught.value  # Python 3.11 wraps it
    assert str(cause) == "size: expected a whole number >= 1, got 0"


def test_the_signature_names_the_parameters_for_the_help_of_a_notebook():
    assert str(inspect.signature(Example)) == "(text='', *, size=3, layers=[4, 2], shuffle=True)"


def test_a_failing_subscriber_shows_in_the_alert_line_of_the_component(example):
    example.parameters.size.subscribe(lambda value: [][value])
    assert "IndexError" in example.alert.value


def test_a_parameter_stands_on_its_own_too():
    alone = Parameter("width", Integer(min=1), 5)
    alone.set(6)
    assert (alone.value, alone.name) == (6, "width")


def test_a_list_that_was_read_is_nobody_elses():
    layers = Parameter("layers", IntegerList(min=1), [8])
    layers.value.append(0)
    assert layers.value == [8]


def test_a_misspelt_parameter_is_refused():
    with pytest.raises(AttributeError, match="has no 'epoch': did you mean 'epochs'"):
        MLP().epoch = 30
