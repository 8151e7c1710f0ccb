import gc
import re
import weakref
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from marcelle_nb.components.model_parameters import ModelParameters
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.mlp import MLP
from marcelle_nb.stream import Stream
from tests.eventually import eventually
from tests.fake_page import FakePage

HOSTILE = "<img src=x onerror=alert(1)>"


def thing(**values):
    """Any object with parameters that are plain streams."""
    return SimpleNamespace(parameters={name: Stream(it) for name, it in values.items()})


class Panel(FakePage):
    """A page that knows the controls by the names of their parameters."""

    def traits(self):
        return {kind["name"]: trait for trait, kind in self.state["kinds"].items()}

    def kind(self, name):
        return self.state["kinds"][self.traits()[name]]

    def shows(self, name):
        return self.state[self.traits()[name]]

    def change(self, name, value):
        self.write(**{self.traits()[name]: value})


def test_a_models_parameters_have_the_controls_of_its_own_panel():
    page = Panel(ModelParameters(MLP(layers=[8, 4], epochs=7)))
    assert [*page.traits()][:2] == ["layers", "epochs"]
    assert page.kind("epochs") == {"type": "integer", "min": 1, "max": 100_000, "name": "epochs"}
    assert (page.shows("layers"), page.shows("epochs")) == ([8, 4], 7)


def test_a_change_in_the_page_is_one_of_the_model():
    model = MLP()
    seen = list[Any]()
    model.parameters.epochs.subscribe(seen.append)
    page = Panel(ModelParameters(model))
    page.change("epochs", 30)
    assert (model.epochs, seen) == (30, [20, 30])


def test_a_change_of_the_model_reaches_the_page():
    model = MLP()
    page = Panel(ModelParameters(model))
    model.epochs = 30
    eventually(lambda: page.shows("epochs") == 30)


def test_two_panels_of_one_model_agree():
    model = KNN()
    one, other = Panel(ModelParameters(model)), Panel(ModelParameters(model))
    one.change("k", 7)
    eventually(lambda: other.shows("k") == 7)


def test_a_refused_value_is_undone_with_the_reason():
    model = KNN(k=3)
    panel = ModelParameters(model)
    page = Panel(panel)
    page.change("k", 0)
    eventually(lambda: page.messages("rejected"))
    assert page.messages("rejected")[0]["reason"].startswith("k: expected a whole number from 1")
    assert model.k == 3
    eventually(lambda: page.shows("k") == 3)
    assert panel.alert.value.startswith("k: expected")


@pytest.mark.parametrize(
    ("value", "kind", "given", "taken"),
    [
        (True, "boolean", False, False),
        (12, "integer", 13, 13),
        (np.int64(12), "integer", 13, 13),
        (-0.0000045, "float", 1, 1.0),
        (np.float32(0.5), "float", 1, 1.0),
        ([1, 2, 3], "integer_list", [4], [4]),
        ((1, 2), "integer_list", [4], [4]),
        ([0.5, 1], "float_list", [1, 2], [1.0, 2.0]),
        ([], "float_list", [0.5], [0.5]),
        ("test", "text", "other", "other"),
        (None, "text", "other", "other"),
    ],
)
def test_the_type_of_a_value_decides_the_control(value, kind, given, taken):
    plain = thing(it=value)
    page = Panel(ModelParameters(plain))
    assert page.kind("it")["type"] == kind
    page.change("it", given)
    assert plain.parameters["it"].value == taken
    assert type(plain.parameters["it"].value) is type(taken)


BAD = [(12, 0.5), (12, True), (0.5, "a"), (True, 1), ([1], [0.5]), ([0.5], ["a"]), ("a", 3)]


@pytest.mark.parametrize(("value", "bad"), BAD)
def test_a_plain_stream_keeps_its_type(value, bad):
    plain = thing(it=value)
    page = Panel(ModelParameters(plain))
    page.change("it", bad)
    assert page.answer("rejected")["reason"].startswith("it")
    assert plain.parameters["it"].value is value


@pytest.mark.parametrize(
    "value", [{"a": 1}, object(), np.zeros(3), ["a"], float("nan"), [[1]], "\ud800", 1j, b"a"]
)
def test_a_value_of_another_type_is_shown_and_cannot_be_changed(value):
    plain = thing(it=value)
    page = Panel(ModelParameters(plain))
    assert page.kind("it")["type"] == "fixed"
    assert isinstance(page.shows("it"), str)
    page.change("it", "other")
    assert page.answer("rejected")["reason"].startswith("it: expected to be set in the kernel")
    assert plain.parameters["it"].value is value


def test_a_later_value_of_another_type_changes_the_control():
    plain = thing(it=12)
    page = Panel(ModelParameters(plain))
    plain.parameters["it"].set(0.5)
    eventually(lambda: page.shows("it") == 0.5 and page.kind("it")["type"] == "float")
    plain.parameters["it"].set({"a": 1})
    eventually(lambda: page.kind("it")["type"] == "fixed")


# Controls chosen by hand


def test_a_menu_offers_its_options_alone():
    plain = thing(menu="three")
    config = {"menu": {"type": "menu", "options": ["one", "two", "three"]}}
    page = Panel(ModelParameters(plain, config))
    assert page.kind("menu") == {
        "type": "choice",
        "options": ["one", "two", "three"],
        "name": "menu",
    }
    page.change("menu", "one")
    assert plain.parameters["menu"].value == "one"
    page.change("menu", "four")
    assert page.answer("rejected")["reason"] == "menu: expected one of one, two, three, got 'four'"


def test_a_menu_of_numbers_gives_numbers():
    model = KNN(k=3)
    page = Panel(ModelParameters(model, {"k": {"type": "menu", "options": [1, 3, 5]}}))
    page.change("k", 5)
    assert (model.k, type(model.k)) == (5, int)
    page.change("k", True)
    assert page.answer("rejected")["reason"] == "k: expected one of 1, 3, 5, got True"


@pytest.mark.parametrize("type", ["auto", "number"])
def test_a_parameter_of_this_package_keeps_its_rules(type):
    page = Panel(ModelParameters(KNN(), {"k": {"type": type}}))
    assert page.kind("k")["min"] == 1


@pytest.mark.parametrize(
    ("type", "value", "kind"),
    [
        ("text", "a", "text"),
        ("boolean", False, "boolean"),
        ("number", 1, "integer"),
        ("number", 0.5, "float"),
        ("number array", [1], "integer_list"),
        ("number array", [0.5], "float_list"),
    ],
)
def test_the_type_can_be_said(type, value, kind):
    page = Panel(ModelParameters(thing(it=value), {"it": {"type": type}}))
    assert page.kind("it")["type"] == kind


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"other": {"type": "text"}}, "config: expected one of it, got 'other'"),
        ({"it": {"type": "slider"}}, "config['it']: expected a type of auto, menu"),
        ({"it": {"type": "menu"}}, "config['it']: expected options for a menu"),
        ({"it": {"type": "text", "options": ["a"]}}, "config['it']: expected options for a menu"),
        ({"it": {"type": "menu", "options": [True]}}, "config['it']: expected options that are"),
        ({"it": {"type": "menu", "options": "ab"}}, "config['it']: expected options that are"),
        ({"it": {"kind": "text"}}, "config['it']: expected type and options"),
        ({"it": "text"}, "config['it']: expected type and options"),
        (["it"], "config: expected controls by name"),
        ({"it": {"type": "text"}}, "it: expected a text, got 12"),
        ({"it": {"type": "boolean"}}, "it: expected True or False, got 12"),
        ({"it": {"type": "number array"}}, "it: expected a list of numbers, got 12"),
        ({"it": {"type": "menu", "options": [1, 2]}}, "it: expected one of 1, 2, got 12"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(config, reason):
    with pytest.raises((TypeError, ValueError), match=re.escape(reason)):
        ModelParameters(thing(it=12), config)


def test_a_menu_cannot_offer_what_a_parameter_refuses():
    with pytest.raises(ValueError, match="k: expected a whole number from 1 to 1000, got 0"):
        ModelParameters(KNN(), {"k": {"type": "menu", "options": [0, 3]}})


def test_a_value_that_a_chosen_control_cannot_show_is_said_in_the_alert_line():
    plain = thing(it="one")
    panel = ModelParameters(plain, {"it": {"type": "menu", "options": ["one", "two"]}})
    plain.parameters["it"].set("four")
    assert panel.alert.value == "it: expected one of one, two, got 'four'"


# What it takes


@pytest.mark.parametrize(
    "bad",
    [
        None,
        3,
        SimpleNamespace(),
        SimpleNamespace(parameters=[1]),
        SimpleNamespace(parameters={"a": 3}),
        SimpleNamespace(parameters={3: Stream(1)}),
    ],
)
def test_what_has_no_parameters_is_refused(bad):
    with pytest.raises(TypeError, match=r"(model|parameters): expected"):
        ModelParameters(bad)


@pytest.mark.parametrize("name", ["layout", "alert", "comm", "kinds", "a b", "", "value_0", "é"])
def test_a_parameter_can_have_any_name(name):
    plain = SimpleNamespace(parameters={name: Stream(1), "other": Stream(2)})
    page = Panel(ModelParameters(plain))
    page.change(name, 5)
    assert (plain.parameters[name].value, plain.parameters["other"].value) == (5, 2)


def test_an_object_without_any_is_shown_empty():
    panel = ModelParameters(SimpleNamespace(parameters={}))
    assert Panel(panel).state["kinds"] == {}
    assert repr(panel) == "<ModelParameters >"


def test_it_does_nothing_while_no_page_shows_it():
    model = KNN()
    panel = ModelParameters(model)
    page = Panel(panel)
    page.send(kind="hello", view="a", since=0)
    page.send(kind="bye", view="a")
    eventually(lambda: not model.parameters.k._subscriptions)
    model.k = 9
    assert page.shows("k") == 3
    page.send(kind="hello", view="b", since=0)
    eventually(lambda: page.shows("k") == 9)


def test_html_has_the_values_as_text():
    html = ModelParameters(thing(note=HOSTILE, size=3)).static_html()
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_close_frees_everything():
    model = KNN()
    panel = ModelParameters(model)
    gone = weakref.ref(panel)
    panel.close()
    del panel
    assert model.parameters.k._subscriptions == ()
    eventually(lambda: (gc.collect(), gone() is None)[1])
