from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.message import Message
from marcelle_nb.message_log import PIECE, MessageLog
from marcelle_nb.widget import publisher as module
from marcelle_nb.widget.publisher import Publisher
from tests.at_once import at_once
from tests.eventually import eventually
from tests.fake_clock import FakeClock

PER_SECOND = 10


class Wire:
    """A publisher on a clock of its own, and what it sent, with the times."""

    def __init__(self, monkeypatch, *, log=None, per_second=PER_SECOND):
        self.clock = FakeClock()
        monkeypatch.setattr(module, "time", self.clock)
        monkeypatch.setattr(module, "clock", self.clock)
        self.values: dict[str, int] = {}
        self.sent: list[tuple[float, str, object]] = []
        self.publisher = Publisher(self._state, self._message, log, per_second)

    def _state(self, names):
        self.sent.append((self.clock.now, "state", {name: self.values[name] for name in names}))

    def _message(self, content, buffers):
        self.sent.append((self.clock.now, content["kind"], content))

    def set(self, name, value):
        self.values[name] = value
        self.publisher.changed(name)

    def post(self, kind="post", **content):
        self.publisher.post(Message({"kind": kind, **content}))

    def of(self, kind):
        return [content for _, what, content in self.sent if what == kind]

    def most_in_a_second(self):
        times = [time for time, _, _ in self.sent]
        return max((sum(t <= u < t + 1 for u in times) for t in times), default=0)


@pytest.fixture
def wire(monkeypatch):
    return Wire(monkeypatch)


def test_the_first_change_leaves_at_once(wire):
    wire.set("a", 1)
    assert wire.of("state") == [{"a": 1}]


def test_changes_of_one_tick_leave_in_one_message(wire):
    wire.set("a", 1)
    wire.set("a", 2)
    wire.set("b", 3)
    wire.clock.advance(1)
    assert wire.of("state") == [{"a": 1}, {"a": 2, "b": 3}]


def test_the_newest_value_arrives_however_fast_they_come(wire):
    for value in range(1_000):
        wire.set("a", value)
        wire.clock.advance(0.001)
    wire.clock.advance(2)
    assert wire.of("state")[-1] == {"a": 999}


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["set", "post", "log"]), st.sampled_from([0.0, 0.001, 0.03, 0.3, 1.2])
    ),
    max_size=120,
)


@given(ACTIONS)
def test_whatever_happens_the_limit_holds_and_everything_arrives(actions):
    with pytest.MonkeyPatch.context() as patch:
        log = MessageLog()
        wire = Wire(patch, log=log)
        log.appended.subscribe(lambda _: wire.publisher.logged())
        for number, (action, pause) in enumerate(actions):
            if action == "set":
                wire.set("a", number)
            elif action == "post":
                wire.post(number=number)
            else:
                log.append({"n": number})
            wire.clock.advance(pause)
        wire.clock.advance(60)
    posted = [n for n, (action, _) in enumerate(actions) if action == "post"]
    logged = [n for n, (action, _) in enumerate(actions) if action == "log"]
    assert wire.most_in_a_second() <= PER_SECOND
    assert [content["number"] for content in wire.of("post")] == posted
    assert [entry["n"] for message in wire.of("log") for _, entry in message["entries"]] == logged
    assert (wire.of("state") or [{}])[-1].get("a") == (wire.values.get("a"))


def test_no_two_state_messages_leave_within_one_tick(wire):
    for value in range(100):
        wire.set("a", value)
        wire.clock.advance(0.01)
    times = [time for time, _, _ in wire.sent]
    assert min(b - a for a, b in pairwise(times)) >= 1 / PER_SECOND - 1e-9


def test_posts_leave_in_order(wire):
    for number in range(30):
        wire.post(number=number)
    wire.clock.advance(10)
    assert [content["number"] for content in wire.of("post")] == list(range(30))


def test_a_steady_stream_of_posts_does_not_keep_values_back(wire):
    wire.set("a", 0)
    for _ in range(100):
        wire.post()
        wire.clock.advance(0.05)  # twice as often as the limit lets pass
    wire.set("a", 1)
    for _ in range(20):
        wire.post()
        wire.clock.advance(0.05)
    assert wire.of("state")[-1] == {"a": 1}


def test_a_steady_stream_of_values_does_not_keep_posts_back(wire):
    for value in range(100):
        wire.set("a", value)
        wire.clock.advance(0.05)
    wire.post()
    for value in range(20):
        wire.set("a", value)
        wire.clock.advance(0.05)
    assert len(wire.of("post")) == 1


def test_a_steady_stream_of_values_does_not_keep_the_log_back(monkeypatch):
    log = MessageLog()
    wire = Wire(monkeypatch, log=log)
    for value in range(100):
        wire.set("a", value)
        wire.clock.advance(0.05)
    log.append({})
    wire.publisher.logged()
    for value in range(20):
        wire.set("a", value)
        wire.clock.advance(0.05)
    assert len(wire.of("log")) == 1


def test_log_entries_of_one_tick_leave_in_one_message(monkeypatch):
    log = MessageLog()
    wire = Wire(monkeypatch, log=log)
    log.append({"n": 0})
    wire.publisher.logged()
    for number in range(1, 50):
        log.append({"n": number})
        wire.publisher.logged()
    wire.clock.advance(1)
    assert [len(message["entries"]) for message in wire.of("log")] == [1, 49]


def test_a_long_log_leaves_in_pieces_that_join(monkeypatch):
    log = MessageLog()
    wire = Wire(monkeypatch, log=log)
    for number in range(2 * PIECE + 1):
        log.append({"n": number})
    wire.publisher.logged()
    wire.clock.advance(5)
    pieces = wire.of("log")
    assert [len(piece["entries"]) for piece in pieces] == [PIECE, PIECE, 1]
    assert [n for piece in pieces for n, _ in piece["entries"]] == list(range(1, 2 * PIECE + 2))


def test_echoes_of_writes_count_and_each_trait_is_answered_with_the_last(wire):
    echoed: list[set[str]] = []

    def send(names):
        echoed.append(names)
        wire._message({"kind": "echo"}, [])

    for _ in range(50):
        wire.publisher.echo(["a"], send)
        wire.clock.advance(0.01)
    wire.clock.advance(3)
    assert wire.most_in_a_second() <= PER_SECOND
    assert echoed[-1] == {"a"}


def test_a_closed_publisher_sends_nothing(wire):
    wire.set("a", 1)
    wire.set("a", 2)
    wire.publisher.close()
    wire.post()
    wire.clock.advance(5)
    assert wire.of("state") == [{"a": 1}]
    assert wire.of("post") == []


def test_an_idle_publisher_asks_for_no_calls(wire):
    wire.set("a", 1)
    wire.clock.advance(5)
    assert wire.clock._calls == []


def test_a_send_that_fails_loses_no_later_message(wire, caplog):
    send, wire.publisher._send = wire.publisher._send, lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        wire.post(number=1)
    wire.publisher._send = send
    wire.post(number=2)
    wire.clock.advance(5)
    assert [content["number"] for content in wire.of("post")][-1] == 2


def test_threads_that_change_values_hard_lose_none_of_the_last():
    values, sent = dict.fromkeys("abc", -1), dict[str, int]()
    publisher = Publisher(
        lambda names: sent.update({name: values[name] for name in names}), lambda *_: None, None, 50
    )

    def change(name):
        for value in range(500):
            values[name] = value
            publisher.changed(name)

    at_once(*[lambda name=name: change(name) for name in "abc"])
    eventually(lambda: sent == dict.fromkeys("abc", 499))
