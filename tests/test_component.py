import gc
import json
import logging
import threading
import weakref
from typing import Any

import pytest

from marcelle_nb import component as module
from marcelle_nb.component import VIEW_LOST_S, Component
from marcelle_nb.errors import MessageRejected
from marcelle_nb.message import Message
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_clock import FakeClock
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>'\"&"


class Thing(Component):
    view = "button"

    def __init__(self, source=None):
        super().__init__()
        self.seen: list[Any] = []
        self.handled: list[Any] = []
        if source is not None:
            self._while_shown(source, self.seen.append)

    def _handlers(self):
        return {"go": self.handled.append}

    def _summary(self):
        return [("name", HOSTILE), (HOSTILE, 3)]


def settle(thing):
    """Wait until the inbox has done what was left there."""
    done = threading.Event()
    thing._inbox.put(done.set)
    assert done.wait(20)


def see(thing, view):
    thing.view_seen(view)
    settle(thing)


def lose(thing, view):
    thing.view_gone(view)
    settle(thing)


@pytest.fixture
def thing():
    thing = Thing()
    yield thing
    thing.close()


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(module, "time", clock)
    return clock


# Shown


def test_a_component_that_no_page_has_shown_counts_as_shown(thing):
    assert thing.shown.value is True


def test_it_is_not_shown_after_its_last_view_was_removed(thing):
    thing.view_seen("a")
    thing.view_seen("b")
    lose(thing, "a")
    assert thing.shown.value is True
    lose(thing, "b")
    assert thing.shown.value is False


def test_it_is_shown_again_when_a_view_comes_back(thing):
    see(thing, "a")
    lose(thing, "a")
    see(thing, "c")
    assert thing.shown.value is True


def test_a_view_that_left_twice_or_never_came_does_no_harm(thing):
    lose(thing, "never")
    see(thing, "a")
    assert thing.shown.value is True


def test_shown_is_emitted_at_each_change_only(thing):
    seen: list[Any] = []
    thing.shown.subscribe(seen.append)
    for _ in range(3):
        see(thing, "a")
    lose(thing, "a")
    lose(thing, "a")
    assert seen == [True, False]


def test_shown_changes_on_the_inbox_thread_and_holds_up_no_caller(thing):
    began, go, names = threading.Event(), threading.Event(), list[str]()

    def slow(shown):
        if not shown:
            names.append(threading.current_thread().name)
            began.set()
            go.wait(20)

    thing.shown.subscribe(slow)
    see(thing, "a")
    thing.view_gone("a")
    assert began.wait(20)
    thing.view_seen("b")
    go.set()
    eventually(lambda: thing.shown.value)
    assert names == ["marcelle-button"]


def test_hello_and_bye_of_a_page_decide(thing):
    page = FakePage(thing)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="bye", view="a")
    assert eventually(lambda: not thing.shown.value)


def test_a_page_that_is_not_heard_of_any_more_is_gone(thing, clock):
    page = FakePage(thing)
    page.send(kind="hello", view="a", since=0)
    clock.advance(VIEW_LOST_S + 1)
    page.send(kind="ping", views={})  # of another page of this kernel
    assert eventually(lambda: not thing.shown.value)


def test_a_page_that_pings_stays(thing, clock):
    page = FakePage(thing)
    page.send(kind="hello", view="a", since=0)
    for _ in range(5):
        clock.advance(VIEW_LOST_S - 1)
        page.send(kind="ping", views={thing.component_id: ["a"]})
        settle(thing)
    assert thing.shown.value is True


def test_work_of_a_component_goes_on_until_a_page_has_shown_it_and_gone():
    source = Stream[Any]()
    thing = Thing(source)
    source.set(1)
    see(thing, "a")
    source.set(2)
    lose(thing, "a")
    source.set(3)
    see(thing, "b")
    source.set(4)
    assert thing.seen == [1, 2, 4]


def test_a_held_value_is_caught_up_with_when_it_is_shown_again():
    source = Stream(0)
    thing = Thing(source)
    see(thing, "a")
    lose(thing, "a")
    source.set(1)
    see(thing, "a")
    assert thing.seen == [0, 1]


# Alert


def test_an_alert_stays_a_while_and_goes_with_later_success(thing, clock):
    thing._raise_alert("broken")
    thing._clear_alert()
    assert thing.alert.value == "broken"
    clock.advance(6)
    thing._clear_alert()
    assert thing.alert.value == ""


def test_an_alert_is_short_however_long_the_reason(thing):
    thing._raise_alert("x" * 10_000)
    assert len(thing.alert.value) == 500


def test_a_refusal_is_logged_shown_and_sent(thing, caplog):
    page = FakePage(thing)
    with caplog.at_level(logging.WARNING, "marcelle_nb"):
        thing.reject(ValueError("no"))
    assert (thing.alert.value, page.messages("rejected")) == (
        "no",
        [{"kind": "rejected", "reason": "no"}],
    )
    assert "Thing refused a message: no" in caplog.text


# Messages


def test_a_message_without_a_handler_is_refused_with_those_there_are(thing):
    with pytest.raises(MessageRejected, match=r"expected one of \['go'\], got 'stop'"):
        thing.receive(Message({"kind": "stop"}))


def test_messages_are_handled_in_order(thing):
    for n in range(50):
        thing.receive(Message({"kind": "go", "n": n}))
    eventually(lambda: len(thing.handled) == 50)
    assert [message.content["n"] for message in thing.handled] == list(range(50))


def test_a_closed_component_handles_nothing(thing):
    thing.close()
    thing._handle(thing.handled.append, Message({"kind": "go"}))
    assert thing.handled == []


# Description


def test_static_html_escapes_names_and_values(thing):
    html = thing.static_html()
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_repr_says_something(thing):
    assert repr(thing) == f"<Thing name: {HOSTILE}, {HOSTILE}: 3>"


def test_the_widget_is_always_the_same_object(thing):
    assert thing.widget is thing.widget


def test_a_description_can_be_written_as_json(thing):
    json.dumps(thing._repr_mimebundle_())


# Close


def test_close_ends_the_subscriptions_to_others():
    source = Stream(0)
    Thing(source).close()
    assert source._subscriptions == ()


def test_close_removes_the_views(thing):
    widget = thing.widget
    thing.close()
    assert widget.comm is None


def test_closing_twice_does_nothing(thing):
    thing.close()
    thing.close()
    assert repr(thing) == "<Thing closed>"


def test_a_closed_component_still_describes_itself(thing):
    thing.close()
    assert set(thing._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_a_closed_component_is_not_started_again_by_a_late_message():
    source = Stream(0)
    thing = Thing(source)
    thing.close()
    see(thing, "a")
    lose(thing, "a")
    see(thing, "a")
    assert source._subscriptions == ()


def test_a_component_closed_before_it_was_shown_has_no_widget(thing):
    thing.close()
    with pytest.raises(RuntimeError, match="Thing: expected an open component, got a closed one"):
        _ = thing.widget


def test_the_widget_of_a_closed_component_stays_the_same_object(thing):
    widget = thing.widget
    thing.close()
    assert thing.widget is widget


@pytest.mark.parametrize("shown", [True, False])
def test_a_closed_and_forgotten_component_is_collected(shown):
    source = Stream(0)
    thing = Thing(source)
    if shown:
        page = FakePage(thing)
        page.send(kind="hello", view="a", since=0)
        del page
    gone = weakref.ref(thing)
    thing.close()
    del thing
    eventually(lambda: (gc.collect(), gone() is None)[1])
