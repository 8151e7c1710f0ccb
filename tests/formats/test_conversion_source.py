from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.conversion_source import ConversionSource
from marcelle_nb.formats.loaded_model import LoadedModel
from marcelle_nb.formats.tensor_spec import TensorSpec


class Loaded(LoadedModel):
    def _run(self, arrays, outputs):
        return arrays


def loaded(format="tfjs-graph", **options):
    spec = TensorSpec("x", (None, 2), "float32")
    return Loaded(format, inputs=[spec], outputs=[spec], ops={}, **options)


def test_what_is_here_is_told_from_what_has_to_be_loaded():
    here = [loaded(), SimpleNamespace(loaded=None), SimpleNamespace(keras_model=None)]
    assert all(map(ConversionSource.accepts, here))
    files = ["m.h5", Path("m.h5"), b"", ("m.h5", b""), [("m.h5", b"")], np.zeros(3)]
    assert not any(map(ConversionSource.accepts, files))


def test_loaded_file_is_found_in_a_model_around_it():
    inside = loaded()
    source = ConversionSource(SimpleNamespace(loaded=inside))
    assert source.loaded is source.graph_source is inside
    assert source.name == "tfjs-graph"
    with pytest.raises(ModelFormatError, match=r"^tflite: expected a model that TensorFlow can"):
        _ = ConversionSource(SimpleNamespace(loaded=loaded("tflite"))).graph_source


def test_model_with_nothing_in_it_is_refused():
    with pytest.raises(ValueError, match=r"^source: expected a model that is built or loaded, got"):
        ConversionSource(SimpleNamespace(loaded=None, keras_model=None))


def test_what_the_user_said_comes_before_the_file():
    inside = loaded(labels=["a", "b"], metadata={"crop": "center", "input_range": (0, 1), "x": 1})
    assert ConversionSource(inside).labels() == ["a", "b"]
    assert ConversionSource(SimpleNamespace(loaded=inside, labels=[])).labels() == ["a", "b"]
    around = SimpleNamespace(loaded=inside, labels=["c", "d"], metadata={"crop": None})
    source = ConversionSource(around)
    assert source.labels() == ["c", "d"]
    assert source.told == {"crop": None, "input_range": (0, 1)}


def test_other_outputs_have_no_names_of_classes():
    source = ConversionSource(loaded(labels=["a", "b"]))
    assert source.labels(["x"]) == ["a", "b"]
    assert source.labels(["embedding"]) == []
