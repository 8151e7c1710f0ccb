from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.errors import MessageRejected
from marcelle_nb.kinds import Integer, Text
from marcelle_nb.message import Message

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_content_has_a_kind_or_is_refused(content):
    with suppress(MessageRejected):
        assert isinstance(Message(content).kind, str)


@given(JSON)
def test_any_field_is_taken_or_refused(value):
    message = Message({"kind": "frame", "id": value})
    try:
        assert message.take("id", Integer(min=0)) >= 0
    except MessageRejected as error:
        assert "frame" in str(error)  # noqa: PT017


def test_a_refusal_is_short_however_long_the_message():
    with pytest.raises(MessageRejected) as caught:
        Message({"kind": "k" * 10_000, "id": "x" * 10_000}).take("id", Integer())
    assert len(str(caught.value)) < 500


def test_a_missing_field_is_refused_by_name():
    with pytest.raises(MessageRejected, match="message 'add': label: expected a text, got None"):
        Message({"kind": "add"}).take("label", Text())


def test_a_field_is_given_in_its_plain_form():
    assert Message({"kind": "add", "n": 3}).take("n", Integer()) == 3


def test_the_one_buffer_is_given():
    assert Message({"kind": "frame"}, (b"abc",)).buffer() == b"abc"


@pytest.mark.parametrize("buffers", [(), (b"a", b"b")])
def test_no_buffer_and_several_are_refused(buffers):
    with pytest.raises(MessageRejected, match=f"expected one buffer, got {len(buffers)}"):
        Message({"kind": "frame"}, buffers).buffer()
