"""What models say that web pages cannot run."""

import pytest

import marcelle_nb as mnb


def test_a_model_that_tensorflow_js_cannot_run_is_refused(tmp_path, monkeypatch):
    model = mnb.kmeans(k=2)
    model.train([{"x": [0.0, 1.0]}, {"x": [1.0, 0.0]}]).wait(60)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    with pytest.raises(mnb.UnsupportedByModel, match=r"TensorFlow\.js"):
        model.publish("clusters")
    with pytest.raises(mnb.UnsupportedByModel, match=r"TensorFlow\.js"):
        model.export_page(tmp_path / "page")
    with pytest.raises(mnb.UnsupportedByModel, match="learned"):
        mnb.mlp().publish("empty")
    assert [*tmp_path.iterdir()] == []
