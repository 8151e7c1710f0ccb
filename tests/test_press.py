import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.components.press import Press
from marcelle_nb.errors import MessageRejected
from marcelle_nb.message import Message
from marcelle_nb.stream import Stream


def press_and_stream():
    pressed = Stream(False)
    return Press(pressed), pressed


def send(press, kind, n):
    press.handlers[kind](Message({"kind": kind, "n": n}))


def test_press_and_release_set_the_stream():
    press, pressed = press_and_stream()
    seen: list[bool] = []
    pressed.subscribe(seen.append)
    send(press, "press", 1)
    send(press, "release", 2)
    assert seen == [False, True, False]


def test_a_release_is_not_overtaken_by_its_press():
    press, pressed = press_and_stream()
    send(press, "release", 2)
    send(press, "press", 1)
    assert pressed.value is False


@given(st.permutations(range(8)))
def test_whatever_the_order_of_arrival_the_last_sent_decides(order):
    press, pressed = press_and_stream()
    for n in order:
        send(press, "press" if n % 2 == 0 else "release", n)
    assert pressed.value is False


def test_a_second_press_emits_nothing():
    press, pressed = press_and_stream()
    seen: list[bool] = []
    pressed.subscribe(seen.append)
    send(press, "press", 1)
    send(press, "press", 2)
    assert seen == [False, True]


def test_a_press_whose_page_has_gone_ends():
    press, pressed = press_and_stream()
    send(press, "press", 1)
    press.release()
    assert pressed.value is False


@pytest.mark.parametrize("n", [None, "1", -1, 1.5, True])
def test_a_message_without_a_number_is_refused(n):
    press, pressed = press_and_stream()
    with pytest.raises(MessageRejected, match="n: expected a whole number"):
        send(press, "press", n)
    assert pressed.value is False
