from enum import Enum
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.kinds import (
    Boolean,
    Choice,
    Fixed,
    Float,
    FloatList,
    Integer,
    IntegerList,
    Kind,
    Text,
)


class Word(str, Enum):  # noqa: UP042  a StrEnum is written as its value already
    A = "a"


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers()
    | st.just(10**400)
    | st.just(object())
    | st.just(np.array(["a"]))
    | st.just(np.array([1, 2]))
    | st.just(np.array(3)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=5,
)
KINDS = [
    Integer(min=0, max=9),
    Integer(),
    Float(min=0, max=1),
    Float(),
    Boolean(),
    Text(max_length=3),
    Choice(("a", "b")),
    Choice((1, 2.5, "a")),
    IntegerList(min=1, max=5, max_length=3),
    IntegerList(),
    FloatList(),
    Fixed(),
]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@given(value=ANY)
def test_whatever_comes_is_taken_or_refused_by_name(kind, value):
    try:
        kind.check("size", value)
    except (TypeError, ValueError) as error:
        assert str(error).startswith(("size: expected", "size["))  # noqa: PT017


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@given(value=ANY)
def test_what_was_taken_is_taken_again_unchanged(kind, value):
    try:
        once = kind.check("size", value)
    except (TypeError, ValueError):
        return
    assert kind.check("size", once) == once


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_a_whole_number_becomes_a_plain_int(value):
    assert type(Integer(1, 5).check("k", value)) is int


@pytest.mark.parametrize("value", ["3", True, np.bool_(True), 3.0, None, [3], 3j, b"3"])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(TypeError, match=r"k: expected a whole number from 1 to 5, got"):
        Integer(1, 5).check("k", value)


@pytest.mark.parametrize("value", [0, 6, -(10**30), 10**30])
def test_a_whole_number_out_of_range_is_refused(value):
    with pytest.raises(ValueError, match=rf"k: expected a whole number from 1 to 5, got {value}"):
        Integer(1, 5).check("k", value)


def test_a_number_too_long_to_write_is_refused_with_the_rule():
    with pytest.raises(ValueError, match="k: expected a whole number from 1 to 5"):
        Integer(1, 5).check("k", 10**5_000)


@pytest.mark.parametrize(
    "value", [1, 0.5, np.float32(0.5), np.float64(1), np.int8(1), Fraction(1, 2)]
)
def test_a_number_becomes_a_plain_float(value):
    assert type(Float(0, 1).check("p", value)) is float


@pytest.mark.parametrize("value", ["0.5", True, None, 1j, [0.5], np.array([0.5])])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=r"p: expected a number from 0 to 1, got"):
        Float(0, 1).check("p", value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), 1.0001, -0.1, 10**400],
    ids=lambda value: f"{value!r:.9}",
)
def test_a_number_out_of_range_or_not_finite_is_refused(value):
    with pytest.raises(ValueError, match=r"p: expected a number from 0 to 1"):
        Float(0, 1).check("p", value)


@pytest.mark.parametrize("value", [True, False, np.bool_(True)])
def test_a_truth_becomes_a_plain_bool(value):
    assert Boolean().check("on", value) is bool(value)


@pytest.mark.parametrize("value", [0, 1, "true", None, [], np.int8(1)])
def test_what_is_no_truth_is_refused(value):
    with pytest.raises(TypeError, match=r"on: expected True or False, got"):
        Boolean().check("on", value)


@pytest.mark.parametrize("value", ["", "abc", np.str_("abc")])
def test_a_text_becomes_a_plain_str(value):
    assert type(Text(3).check("label", value)) is str


def test_a_text_that_is_an_enumeration_keeps_its_value():
    assert Text().check("label", Word.A) == Choice(("a",)).check("label", Word.A) == "a"


@pytest.mark.parametrize("value", [None, 3, b"abc", ["a"]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(TypeError, match=r"label: expected a text, got"):
        Text().check("label", value)


def test_a_text_that_is_too_long_is_refused_without_repeating_it():
    with pytest.raises(ValueError, match=r"^label: expected at most 3 characters, got 4$"):
        Text(3).check("label", "abcd")


def test_half_a_character_is_no_text():
    with pytest.raises(ValueError, match=r"label: expected a text"):
        Text().check("label", "\ud800")


@pytest.mark.parametrize("value", ["c", "", None, 1, ["a"], np.array(["a"]), {"a": 1}])
def test_what_is_no_option_is_refused(value):
    with pytest.raises(ValueError, match=r"mode: expected one of a, b, got"):
        Choice(("a", "b")).check("mode", value)


@pytest.mark.parametrize("value", [[1, 2], (1, 2), np.array([1, 2]), range(1, 3)])
def test_a_list_of_whole_numbers_becomes_a_plain_list(value):
    assert IntegerList(min=1).check("layers", value) == [1, 2]


def test_a_list_is_copied():
    given_list = [1]
    assert IntegerList().check("layers", given_list) is not given_list


@pytest.mark.parametrize("value", ["12", b"12", 3, None, {1: 2}, {1}, np.array(3)])
def test_what_is_no_list_is_refused(value):
    with pytest.raises(TypeError, match=r"layers: expected a list of whole numbers"):
        IntegerList().check("layers", value)


@pytest.mark.parametrize("value", [[1, "2"], [True], [1.0], [None], [[1]]])
def test_a_list_with_something_else_in_it_is_refused_by_place(value):
    with pytest.raises(TypeError, match=rf"layers\[{len(value) - 1}\]: expected a whole number"):
        IntegerList().check("layers", value)


def test_a_list_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="layers: expected at most 2 numbers, got 3"):
        IntegerList(max_length=2).check("layers", [1, 2, 3])


def test_a_kind_tells_the_page_its_type_and_the_limits_that_are_set():
    assert Integer(min=1).to_dict() == {"type": "integer", "min": 1}
    assert Choice(("a",)).to_dict() == {"type": "choice", "options": ("a",)}
    assert Boolean().to_dict() == {"type": "boolean"}


def test_every_kind_has_a_control_of_its_own():
    types = [kind.type for kind in (Integer, Float, Boolean, Text, Choice, IntegerList)]
    assert types == ["integer", "float", "boolean", "text", "choice", "integer_list"]


def test_a_kind_that_checks_nothing_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        Kind()  # type: ignore[abstract]


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (Integer(), "a whole number, got"),
        (Integer(min=2), "a whole number >= 2, got"),
        (Integer(max=2), "a whole number <= 2, got"),
        (Integer(2, 3), "a whole number from 2 to 3, got"),
    ],
)
def test_the_rule_names_the_limits_that_are_set(kind, rule):
    with pytest.raises(TypeError, match=rule):
        kind.check("k", None)
