"""A button in the page."""

import pytest


@pytest.fixture
def page(kernel):
    kernel.run("""
button = mnb.button("Hold")
clicks, presses = [], []
button.click.subscribe(lambda _: clicks.append(1))
button.pressed.subscribe(presses.append)
""")
    page = kernel.show("button")
    page.hello()
    return page


def settle(kernel, page):
    """Wait until all that was delivered has had its effect, on the button's own thread."""
    before = len(page.customs("rejected"))
    page.deliver({"kind": "release", "n": "none"})
    kernel.until(lambda: len(page.customs("rejected")) > before, "an answer")


def test_a_click_is_an_event(kernel, page):
    page.send({"kind": "click"})
    page.send({"kind": "click"})
    kernel.becomes("len(clicks)", 2)


def test_a_press_is_a_value(kernel, page):
    page.send({"kind": "press", "n": 1})
    page.knows(pressed=True)
    page.send({"kind": "release", "n": 2})
    page.knows(pressed=False)
    assert kernel.value("presses") == [False, True, False]


def test_a_release_that_overtakes_its_press_ends_it(kernel, page):
    page.deliver({"kind": "release", "n": 12})
    page.deliver({"kind": "press", "n": 11})
    settle(kernel, page)
    assert kernel.value("presses") == [False]
    page.send({"kind": "press", "n": 13})
    page.knows(pressed=True)
    assert kernel.value("presses") == [False, True]


def test_a_button_that_is_disabled_takes_no_clicks(kernel, page):
    page.send({"kind": "press", "n": 1})
    page.knows(pressed=True)
    kernel.run("button.disabled.set(True)")
    page.knows(disabled=True, pressed=False)
    page.deliver({"kind": "click"})
    settle(kernel, page)
    assert kernel.value("clicks") == []


def test_a_view_that_goes_lets_the_button_go(kernel, page):
    page.send({"kind": "press", "n": 1})
    page.knows(pressed=True)
    page.send({"kind": "bye", "view": "view-1"})
    page.knows(pressed=False)
