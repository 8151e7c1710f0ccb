import keras
import pytest
from keras import layers

from marcelle_nb.models.layer_rows import layer_rows, op_rows, rows_of
from tests.fake_loaded_model import FakeLoadedModel


def test_a_sequential_model_begins_with_its_input():
    model = keras.Sequential(
        [keras.Input((4,), name="x"), layers.Dense(3, name="a"), layers.Dropout(0.1, name="b")]
    )
    rows = layer_rows(model)
    assert rows.columns[0] == "Layer"
    assert rows.cells == (
        ("x", "InputLayer", "? × 4", 0, "", ""),
        ("a", "Dense", "? × 3", 15, "x", "yes"),
        ("b", "Dropout", "? × 3", 0, "a", ""),
    )
    assert rows.foot == "15 parameters: 15 trainable, 0 not"


def test_a_graph_tells_what_each_layer_is_connected_to():
    x = keras.Input((4,), name="x")
    shared = layers.Dense(4, name="shared")
    total = layers.Add(name="sum")([shared(x), shared(shared(x)), x])
    cells = {row[0]: row for row in layer_rows(keras.Model(x, total)).cells}
    assert cells["sum"][4] == "shared, x"
    assert cells["shared"][4] == "x, shared"
    assert cells["shared"][2] == "? × 4"


def test_a_layer_learns_all_in_part_or_not():
    frozen = layers.Dense(2, name="frozen", trainable=False)
    model = keras.Sequential(
        [keras.Input((4,)), layers.BatchNormalization(name="norm"), frozen, layers.Dense(2)]
    )
    trainable = {row[0]: row[5] for row in layer_rows(model).cells}
    assert (trainable["norm"], trainable["frozen"]) == ("in part", "no")
    assert layer_rows(model).foot == "32 parameters: 14 trainable, 18 not"


def test_the_layers_of_a_model_within_follow_it():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="deep")], name="inner")
    model = keras.Sequential([keras.Input((4,)), inner])
    assert [row[0] for row in layer_rows(model).cells][-1] == "inner / deep"


def test_what_is_not_built_has_no_shape_and_no_parameters():
    model = keras.Sequential([layers.Dense(3, name="a")])
    assert layer_rows(model).cells == (("a", "Dense", "?", 0, "", ""),)


def test_a_subclassed_model_has_rows():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.a = layers.Dense(2, name="a")

        def call(self, x):
            return self.a(x)

    model = Own()
    model(keras.ops.zeros((1, 3)))
    ((name, kind, _, parameters, _, trains),) = layer_rows(model).cells
    assert (name, kind, parameters, trains) == ("a", "Dense", 8, "yes")


def test_operations_are_counted_the_most_frequent_first():
    rows = op_rows(FakeLoadedModel(lambda x: x, (1,)))
    assert rows.cells == (("MatMul", 3), ("Relu", 1))


def test_the_text_has_every_column_whole():
    name = "a_name_that_is_a_good_deal_longer_than_any_column"
    model = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(1_000, name=name)])
    lines = layer_rows(model).text().splitlines()
    assert lines[0].split() == [
        "Layer",
        "Type",
        "Output",
        "shape",
        "Parameters",
        "Connected",
        "to",
        "Trainable",
    ]
    assert lines[3].split() == f"{name} Dense ? × 1000 5,000 x yes".split()


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="model: expected one with layers, got 3"):
        rows_of(3)


def test_layers_of_a_class_of_ones_own_tell_their_shapes_once_it_was_called():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = layers.Dense(8, name="hidden")

        def call(self, x):
            return self.hidden(x)

    own = Own()
    assert [row[2] for row in layer_rows(own).cells] == ["?"]
    own(keras.ops.zeros((1, 4)))
    assert [row[2] for row in layer_rows(own).cells] == ["? × 8"]
