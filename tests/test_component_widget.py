import json
from itertools import pairwise
from typing import Any

import ipywidgets
import pytest
import traitlets

from marcelle_nb.component import Component
from marcelle_nb.components.confidence_plot import ConfidencePlot
from marcelle_nb.kinds import Boolean, Float, Integer, Text
from marcelle_nb.message_log import MessageLog
from marcelle_nb.parameter import parameter
from marcelle_nb.stream import Stream
from marcelle_nb.widget import ComponentWidget
from tests.at_once import at_once, each
from tests.eventually import eventually
from tests.fake_page import FakePage


class Panel(Component):
    """A component with parameters, a stream of its own, a log and an urgent message."""

    view = "button"
    messages_per_second = 1_000
    epochs = parameter(Integer(min=1, max=100), 20)
    rate = parameter(Float(min=0, max=1), 0.5)
    shuffle = parameter(Boolean(), False)
    text = parameter(Text(max_length=5), "a")

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.log = MessageLog()
        self.state = self._stream("idle")
        self.taken = []

    def _synced(self):
        return {"state": self.state}

    def _handlers(self):
        return {"go": self.taken.append, "fail": lambda _: 1 // 0, "refuse": lambda _: int("x")}

    def _urgent(self):
        return {
            "cancel": lambda message: {"kind": "cancelled", "run": message.take("run", Integer())}
        }


@pytest.fixture
def panel():
    panel = Panel()
    yield panel
    panel.close()


@pytest.fixture
def page(panel):
    return FakePage(panel)


def changes_of(widget, name):
    seen: list[Any] = []
    widget.observe(lambda change: seen.append((change["old"], change["new"])), name)
    return seen


# A trait is a view on the stream


def test_the_page_starts_with_the_values_of_the_streams():
    page = FakePage(panel := Panel(epochs=7))
    given = {
        name: page.state[name] for name in ("epochs", "rate", "shuffle", "text", "state", "alert")
    }
    assert given == {
        "epochs": 7,
        "rate": 0.5,
        "shuffle": False,
        "text": "a",
        "state": "idle",
        "alert": "",
    }
    assert page.state["component_id"] == panel.component_id


def test_opening_takes_one_message(page):
    assert len(page.sent) == 1


def test_a_value_set_in_the_kernel_reaches_the_page_once(panel, page):
    panel.epochs = 30
    eventually(lambda: page.updates("epochs"))
    assert page.updates("epochs") == [30]


def test_a_trait_reads_and_writes_the_stream(panel, page):
    page.widget.epochs = 9
    assert (panel.epochs, page.widget.epochs) == (9, 9)


def test_a_page_write_emits_once(panel, page):
    seen: list[Any] = []
    panel.parameters.epochs.subscribe(seen.append)
    page.write(epochs=30)
    assert seen == [20, 30]


def test_a_page_write_is_echoed_and_not_sent_back(panel, page):
    page.write(epochs=30)
    eventually(lambda: any(data.get("method") == "echo_update" for _, data, _ in page.sent))
    assert page.updates("epochs") == []


def test_a_page_write_of_an_equal_value_emits_nothing(panel, page):
    seen: list[Any] = []
    panel.parameters.epochs.subscribe(seen.append)
    page.write(epochs=20)
    assert seen == [20]


def test_observers_get_old_and_new(panel, page):
    seen = changes_of(page.widget, "epochs")
    panel.epochs = 21
    page.write(epochs=22)
    page.widget.epochs = 23
    assert seen == [(20, 21), (21, 22), (22, 23)]


def test_an_equal_value_in_the_kernel_is_no_change_of_the_trait(panel, page):
    seen = changes_of(page.widget, "epochs")
    panel.epochs = 20
    assert seen == []


def test_a_bad_value_of_a_trait_is_a_trait_error_that_says_the_rule(panel, page):
    with pytest.raises(
        traitlets.TraitError, match="epochs: expected a whole number from 1 to 100, got 0"
    ):
        page.widget.epochs = 0
    assert panel.epochs == 20


BAD = [
    {"epochs": 0},
    {"epochs": "30"},
    {"epochs": True},
    {"epochs": None},
    {"epochs": 1e400},
    {"epochs": 10**400},
    {"rate": 2},
    {"rate": 10**400},
    {"rate": "0.1"},
    {"shuffle": 1},
    {"text": "abcdef"},
    {"text": "\ud800"},
    {"text": {"a": 1}},
    {"state": "success"},
    {"component_id": "x"},
    {"alert": "x"},
    {"_esm": "alert(1)"},
    {"_css": "x"},
    {"layout": "x"},
    {"control": "x"},
    {"_view_name": "x"},
]


@pytest.mark.parametrize("state", BAD, ids=lambda s: str(s)[:30])
def test_a_refused_write_is_undone_in_the_page_with_the_reason(panel, page, state):
    (name,) = state
    before = page.state[name]
    page.write(**state)
    eventually(lambda: page.messages("rejected"))
    eventually(lambda: name in page.sent[-1][1].get("state", {}) or len(page.sent) > 3)
    assert page.state[name] == (panel.alert.value if name == "alert" else before)
    assert page.messages("rejected")[0]["reason"].startswith(name)
    assert panel.alert.value.startswith(name)


def test_a_message_with_one_bad_key_changes_and_emits_nothing(panel, page):
    seen: list[Any] = []
    panel.parameters.rate.subscribe(seen.append)
    page.write(rate=0.9, epochs=0)
    assert (panel.rate, panel.epochs, seen) == (0.5, 20, [0.5])
    eventually(lambda: page.messages("rejected"))
    assert (page.state["rate"], page.state["epochs"]) == (0.5, 20)


def test_a_message_with_two_good_keys_changes_both(panel, page):
    page.write(rate=0.9, epochs=3)
    assert (panel.rate, panel.epochs) == (0.9, 3)


def test_a_write_of_an_unknown_name_changes_nothing(panel, page):
    page.write(nothing=1, _view_count=None)
    assert not hasattr(panel, "nothing")


def test_a_write_of_a_name_that_is_no_parameter_leaves_the_widget_as_it_is(panel, page):
    before = {name: getattr(page.widget, name) for name in ("_esm", "layout", "control", "state")}
    page.write(_esm="alert(1)", layout=None, control="x", state="y", epochs=3)
    assert {name: getattr(page.widget, name) for name in before} == before
    assert panel.epochs == 20


def test_a_refused_write_is_put_back_for_all_its_known_names(panel, page):
    page.write(control="x", epochs=3)
    eventually(lambda: [data for _, data, _ in page.sent if data.get("method") == "echo_update"])
    (echo,) = [data for _, data, _ in page.sent if data.get("method") == "echo_update"]
    assert echo["state"] == {"control": f"IPY_MODEL_{page.control.model_id}", "epochs": 20}


def test_what_counts_as_known_to_the_page_is_what_it_was_sent(panel, page):
    at_once(
        each(panel.parameters.epochs.set, [1 + n % 100 for n in range(2_000)]),
        each(lambda n: page.write(epochs=1 + n % 100), range(200)),
    )
    eventually(lambda: page.state["epochs"] == panel.epochs)
    assert page.widget._in_page["epochs"] == panel.epochs


def test_a_failing_subscriber_does_not_undo_a_write(panel, page, caplog):
    panel.parameters.epochs.subscribe(lambda value: 1 // (value - 30))
    page.write(epochs=30)
    assert panel.epochs == 30
    assert "ZeroDivisionError" in panel.alert.value


def test_a_subscriber_that_writes_back_wins(panel, page):
    panel.parameters.epochs.subscribe(
        lambda value: panel.parameters.epochs.set(50) if value > 50 else None
    )
    page.write(epochs=99)
    eventually(lambda: page.state["epochs"] == 50)
    assert panel.epochs == 50


def test_two_widgets_of_one_component_agree(panel):
    one, other = FakePage(panel), FakePage(panel, second=True)
    one.write(epochs=30)
    assert other.widget.epochs == 30
    other.widget.close()


def test_a_closed_widget_lets_go_of_the_streams(panel):
    widget = ComponentWidget.of(panel)
    streams = [panel.parameters.epochs, panel.state, panel.alert, panel.outbox, panel.log.appended]
    widget.close()
    assert [stream._subscriptions for stream in streams] == [()] * len(streams)


def test_a_name_that_every_widget_has_is_refused():
    class Clash(Component):
        view = "button"
        layout = parameter(Integer(), 1)

    clash = Clash()
    with pytest.raises(ValueError, match="layout: expected a name that no widget trait has"):
        _ = clash.widget


def test_two_threads_that_write_hard_end_with_one_value_everywhere(panel, page):
    seen = changes_of(page.widget, "epochs")
    at_once(
        each(lambda n: page.write(epochs=n), [*range(1, 100)] * 3),
        each(panel.parameters.epochs.set, [*range(100, 0, -1)] * 3),
    )
    eventually(lambda: page.state["epochs"] == panel.epochs)
    assert seen[-1][1] == panel.epochs == page.widget.epochs
    assert all(old == new for (_, old), (new, _) in pairwise(seen))


def test_a_thread_that_writes_one_trait_disturbs_no_observer_of_another(panel, page):
    seen = changes_of(page.widget, "rate")
    at_once(
        each(lambda n: page.write(epochs=1 + n % 100), range(1_000)),
        each(panel.parameters.rate.set, [(n % 100) / 100 for n in range(1, 1_000)]),
    )
    assert [new for _, new in seen] == [(n % 100) / 100 for n in range(1, 1_000)]


# Messages


def test_a_message_reaches_its_handler_with_its_buffers(panel, page):
    page.send(b"abc", kind="go", n=1)
    (message,) = eventually(lambda: panel.taken)
    assert (message.content["n"], message.buffers) == (1, (b"abc",))


@pytest.mark.parametrize(
    "content",
    [
        None,
        3,
        "go",
        [],
        {},
        {"kind": None},
        {"kind": 3},
        {"kind": "nothing"},
        {"kind": "x" * 10_000},
    ],
    ids=lambda c: str(c)[:20],
)
def test_what_is_no_message_is_refused_shortly(panel, page, content):
    page.deliver(content)
    reason = page.answer("rejected")["reason"]
    assert reason.startswith("message: expected")
    assert len(reason) <= 500
    assert panel.taken == []


def test_a_handler_that_refuses_says_why(panel, page):
    page.send(kind="refuse")
    assert "invalid literal" in page.answer("rejected")["reason"]


def test_a_handler_that_fails_shows_in_the_alert_line(panel, page, caplog):
    page.send(kind="fail")
    eventually(lambda: panel.alert.value.startswith("ZeroDivisionError"))
    page.send(kind="go")
    assert eventually(lambda: panel.taken)


def test_a_message_of_the_component_goes_to_all_its_pages(panel):
    pages = [FakePage(panel), FakePage(panel, second=True)]
    panel.send({"kind": "hi"}, [b"abc"])
    with_buffers = [page.sent[-1][2] for page in pages]
    assert [page.messages("hi") for page in pages] == [[{"kind": "hi"}]] * 2
    assert with_buffers == [[b"abc"]] * 2
    pages[1].widget.close()


# Hello, bye, ping, since


def test_hello_is_answered_with_the_log_since(panel, page):
    for n in range(3):
        panel.log.append({"n": n})
    page.send(kind="hello", view="v1", since=2)
    answers = eventually(
        lambda: [m for m in page.messages("log") if m["entries"] == [[3, {"n": 2}]]]
    )
    assert answers[0]["newest"] == 3


def test_hello_sends_all_values_again(panel, page):
    page.send(kind="hello", view="v1", since=0)
    eventually(lambda: page.updates("epochs"))
    assert set(page.sent[0][1]["state"]) >= set(page.sent[1][1].get("state", {}))
    assert page.updates("text") == ["a"]


@pytest.mark.parametrize("view", [None, "", 3, "v" * 101, ["v"]])
def test_hello_without_a_view_is_refused(panel, page, view):
    page.send(kind="hello", view=view, since=0)
    assert page.answer("rejected")["reason"].startswith("view: expected a text of 1 to 100")


@pytest.mark.parametrize("since", [None, "3", 1.5, -1, 10**30, [], True])
def test_any_since_is_answered(panel, page, since):
    panel.log.append({"n": 0})
    page.send(kind="since", since=since)
    assert eventually(lambda: page.messages("log"))[-1]["newest"] == 1


def test_ping_names_the_newest_number_of_each_component_that_lives(panel, page):
    panel.log.append({})
    page.send(kind="ping", views={panel.component_id: ["v1"], "gone": ["v2"]})
    assert page.answer("pong")["newest"] == {panel.component_id: 1}


def test_ping_through_one_widget_keeps_the_views_of_others(panel, page):
    other = Panel()
    FakePage(other)
    page.send(kind="ping", views={other.component_id: ["v1"]})
    assert other._views.keys() == {"v1"}
    other.close()


def test_ping_names_a_component_also_after_its_second_widget_was_closed(panel, page):
    FakePage(panel, second=True).widget.close()
    page.send(kind="ping", views={panel.component_id: ["v1"]})
    assert page.answer("pong")["newest"] == {panel.component_id: 0}
    assert panel._views.keys() == {"v1"}


@pytest.mark.parametrize("views", [None, [], "v", 3])
def test_ping_without_views_is_refused(panel, page, views):
    page.send(kind="ping", views=views)
    assert "expected views by component" in page.answer("rejected")["reason"]


@pytest.mark.parametrize("seen", [None, "v1", 3, {}])
def test_ping_with_odd_views_of_a_component_is_answered_all_the_same(panel, page, seen):
    page.send(kind="ping", views={panel.component_id: seen})
    assert page.answer("pong")["newest"] == {panel.component_id: 0}


def test_a_page_that_missed_nothing_gets_every_entry_once_in_order(panel, page):
    at_once(*[lambda: [panel.log.append({}) for _ in range(500)]] * 2)
    eventually(lambda: len(page.log()) == 1_000)
    numbers = [number for message in page.messages("log") for number, _ in message["entries"]]
    assert numbers == list(range(1, 1_001))


# The control


def test_the_widget_names_its_control(page):
    assert page.state["control"] == f"IPY_MODEL_{page.control.model_id}"


def test_the_control_answers_on_the_spot(page):
    assert page.urgent(kind="hello") == [{"kind": "hello"}]
    assert page.urgent(kind="cancel", run=3)[-1] == {"kind": "cancelled", "run": 3}


@pytest.mark.parametrize(
    "content", [{}, {"kind": "train"}, {"kind": "cancel"}, {"kind": "cancel", "run": "1"}]
)
def test_the_control_refuses_everything_else(page, content):
    assert page.urgent(**content)[-1]["kind"] == "rejected"


def test_only_its_own_handler_writes_to_the_control(panel, page):
    before = len(page.control.comm.sent)
    panel.epochs = 3
    panel.log.append({})
    panel.send({"kind": "hi"})
    page.send(kind="hello", view="v", since=0)
    assert len(page.control.comm.sent) == before


def test_a_component_without_urgent_messages_has_no_control():
    from marcelle_nb.components.button import Button

    page = FakePage(button := Button())
    assert page.control is None
    button.close()


# As an ipywidget


def test_it_fits_into_boxes(panel):
    assert ipywidgets.HBox([panel.widget]).children == (panel.widget,)


def test_it_shows_itself_with_text_and_html_for_viewers_without_widgets(panel):
    data, _ = panel._repr_mimebundle_()
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} <= set(data)
    json.dumps(data)


def test_each_view_has_a_class_of_its_own_for_its_styles(panel):
    assert type(panel.widget).__name__ == "ButtonWidget"


def test_a_view_that_was_not_built_says_what_to_run():
    class Unbuilt(Component):
        view = "no_such_view"

    with pytest.raises(FileNotFoundError, match="run 'npm run build' in js/"):
        _ = Unbuilt().widget


def test_repr_names_the_component(panel):
    assert repr(panel.widget).startswith("<Widget of <Panel")


def test_all_that_a_page_is_sent_can_be_written_as_json(panel, page):
    streams: list[Stream[Any]] = list(page.widget._streams.values())
    json.dumps([stream.value for stream in streams], allow_nan=False)


def test_an_alert_goes_when_the_page_puts_it_right(panel, page):
    page.write(epochs=0)
    assert panel.alert.value
    page.write(epochs=5)
    assert panel.alert.value == ""


def test_half_a_surrogate_pair_goes_to_the_page_replaced(panel, page):
    panel.state.set("ca\ud800t")
    eventually(lambda: page.state["state"] == "ca\ufffdt")
    panel.send({"kind": "said", "what": ["\udcff"]})
    eventually(lambda: "['\ufffd']" in str(page.sent))
    assert FakePage(panel, second=True).state["state"] == "ca\ufffdt"


def test_half_a_surrogate_pair_is_replaced_in_what_a_cell_shows():
    plot = ConfidencePlot(Stream({"label": "ca\ud800t", "confidences": {"ca\ud800t": 1.0}}))
    page = FakePage(plot)
    page.send(kind="hello", view="v1", since=0)
    shown, _ = page.widget._repr_mimebundle_()
    assert "ca\ufffdt" in shown["text/html"]
    assert "ca\ufffdt" in str(page.state)
    json.dumps(shown, ensure_ascii=False).encode()
