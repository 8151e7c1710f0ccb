import keras
import pytest
from keras import layers

from marcelle_nb.models.keras_model import KerasModel
from marcelle_nb.models.knn import KNN
from marcelle_nb.models.summary_table import SummaryTable
from marcelle_nb.models.tf_generic_model import TFGenericModel
from tests.eventually import eventually
from tests.fake_loaded_model import FakeLoadedModel
from tests.fake_page import FakePage

HOSTILE = "a<img src=x onerror=alert(1)>"


def build(input_shape, classes):
    return keras.Sequential(
        [keras.Input(input_shape), layers.Dense(classes, activation="softmax", name="out")]
    )


def test_the_page_gets_the_rows_of_a_keras_model():
    table = SummaryTable(build((4,), 3))
    page = FakePage(table)
    first, out = page.state["table"]["cells"]
    assert out == ["out", "Dense", "? × 3", 15, first[0], "yes"]
    table.close()


def test_it_is_renewed_when_its_model_is_trained():
    model = KerasModel(build, epochs=1)
    table = model.summary_table()
    page = FakePage(table)
    assert page.state["table"]["cells"] == []
    model.train([{"x": [i, 1], "y": "ab"[i % 2]} for i in range(4)]).wait(60)
    cells = eventually(lambda: page.state["table"]["cells"])
    assert cells[-1][:4] == ["out", "Dense", "? × 2", 6]
    table.close()
    model.close()


def test_a_loaded_model_without_layers_shows_its_operations():
    table = SummaryTable(FakeLoadedModel(lambda x: x, (1,)))
    assert table.rows.value.cells == (("MatMul", 3), ("Relu", 1))
    table.close()


def test_a_model_from_files_that_has_loaded_nothing_shows_nothing():
    model = TFGenericModel()
    assert SummaryTable(model).rows.value.cells == ()
    model.close()


@pytest.mark.parametrize("model", [KNN(), 3, None, "a.keras"], ids=str)
def test_what_has_no_layers_is_refused(model):
    with pytest.raises(TypeError, match="model: expected one with layers, got"):
        SummaryTable(model)


def test_names_are_text_in_static_html():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2, name=HOSTILE.replace("/", ""))])
    table = SummaryTable(model)
    assert "<img" not in table.static_html()
    assert "&lt;img" in table.static_html()
    table.close()
