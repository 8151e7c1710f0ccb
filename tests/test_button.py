import pytest

from marcelle_nb.components.button import Button
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def button():
    button = Button("Hold")
    yield button
    button.close()


@pytest.fixture
def page(button):
    return FakePage(button)


def test_the_page_gets_the_text(page):
    assert (page.state["text"], page.state["disabled"], page.state["pressed"]) == (
        "Hold",
        False,
        False,
    )


def test_a_click_is_an_event_each_time(button, page):
    seen: list[None] = []
    button.click.subscribe(seen.append)
    page.send(kind="click")
    page.send(kind="click")
    eventually(lambda: len(seen) == 2)
    assert seen == [None, None]
    assert not button.click.held


def test_pressed_follows_the_page(button, page):
    page.send(kind="press", n=1)
    eventually(lambda: button.pressed.value)
    page.send(kind="release", n=2)
    eventually(lambda: not button.pressed.value)


def test_a_disabled_button_takes_no_click(button, page):
    seen: list[None] = []
    button.click.subscribe(seen.append)
    button.disabled.set(True)
    page.send(kind="click")
    eventually(lambda: not button._inbox._work)
    page.send(kind="release", n="none")  # answered after the click, on the same thread
    page.answer("rejected")
    assert seen == []


def test_a_disabled_button_takes_no_press(button, page):
    button.disabled.set(True)
    handler = button._handlers()["press"]
    from marcelle_nb.message import Message

    handler(Message({"kind": "press", "n": 1}))
    assert button.pressed.value is False


def test_disabling_ends_a_press(button, page):
    page.send(kind="press", n=1)
    eventually(lambda: button.pressed.value)
    button.disabled.set(True)
    assert button.pressed.value is False


def test_a_press_ends_with_the_page(button, page):
    page.send(kind="hello", view="a", since=0)
    page.send(kind="press", n=1)
    eventually(lambda: button.pressed.value)
    page.send(kind="bye", view="a")
    assert eventually(lambda: not button.pressed.value)


def test_a_page_cannot_write_the_state(button, page):
    page.write(pressed=True)
    page.write(text=HOSTILE)
    assert (button.pressed.value, button.text.value) == (False, "Hold")


@pytest.mark.parametrize("text", [None, 3, b"x", "x" * 201])
def test_a_text_that_is_none_is_refused(text):
    with pytest.raises((TypeError, ValueError), match="text: expected"):
        Button(text)


def test_a_hostile_text_is_escaped():
    button = Button(HOSTILE)
    assert "<img" not in button.static_html()
    assert HOSTILE in repr(button)
    button.close()


def test_a_failing_subscriber_of_click_shows_in_the_alert_line(button, page):
    button.click.subscribe(lambda _: 1 // 0)
    page.send(kind="click")
    assert eventually(lambda: "ZeroDivisionError" in button.alert.value)
