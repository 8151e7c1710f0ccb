from typing import Any

import pytest
import traitlets

from marcelle_nb.kinds import Integer
from marcelle_nb.parameter import Parameter
from marcelle_nb.stream import Stream
from marcelle_nb.widget.stream_trait import StreamTrait


def owner(stream):
    """Make an object whose trait `epochs` is a view on a stream."""
    return type("Owner", (traitlets.HasTraits,), {"epochs": StreamTrait(stream)})()


@pytest.fixture
def stream():
    return Parameter("epochs", Integer(min=1), 20)


def test_the_trait_reads_the_stream(stream):
    thing = owner(stream)
    stream.set(30)
    assert thing.epochs == 30


def test_the_trait_writes_the_stream(stream):
    owner(stream).epochs = 30
    assert stream.value == 30


def test_the_trait_drops_a_value_equal_to_the_streams(stream):
    seen: list[int] = []
    stream.subscribe(seen.append)
    owner(stream).epochs = 20
    assert seen == [20]


def test_a_refused_value_is_a_trait_error_with_the_rule(stream):
    with pytest.raises(traitlets.TraitError, match="epochs: expected a whole number >= 1, got 0"):
        owner(stream).epochs = 0


def test_a_stream_without_a_kind_takes_any_value():
    stream = Stream[Any](1)
    owner(stream).epochs = "x"
    assert stream.value == "x"


def test_two_traits_on_one_stream_agree(stream):
    one, other = owner(stream), owner(stream)
    one.epochs = 5
    assert other.epochs == 5


def test_the_default_is_the_streams_value(stream):
    assert owner(stream).trait_values()["epochs"] == 20
