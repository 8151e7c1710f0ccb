import threading

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.errors import ImageRejected, UnsupportedByModel
from marcelle_nb.models.coco_ssd import CocoSSD
from marcelle_nb.models.coco_ssd_files import BASES, coco_ssd_files
from marcelle_nb.models.detector_check import check_detector, check_published_detector
from tests.detectors import changed, detector_files, picture
from tests.eventually import eventually
from tests.fake_page import FakePage
from tests.formats.web_server import send, web_server

PICTURE = picture("img_120x160.rgb.json")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with web_server() as running:
        running.answers = {f"/m/{name}": content for name, content in detector_files().items()}
        yield running


@pytest.fixture
def model(server):
    model = CocoSSD(url=server.url("/m/model.json"))
    yield model
    model.close()


def test_it_finds_objects_and_loads_its_files_once(model, server):
    results = model.predict(PICTURE)
    assert len(results.outputs) == 20
    assert results.outputs[0].class_ == "baseball bat"
    asked = len(server.asked)
    again = CocoSSD(url=server.url("/m/model.json"))
    assert again.predict(PICTURE) == results
    assert len(server.asked) == asked


def test_parameters_are_read_at_every_prediction(model):
    model.max_boxes = 5
    model.min_score = 0.9
    outputs = model.predict(PICTURE).outputs
    assert len(outputs) == 5
    assert min(it.confidence for it in outputs) > 0.9
    model.parameters.max_boxes.set(2)
    assert len(model.predict(PICTURE).outputs) == 2


def test_constructing_does_not_wait_for_the_web(server):
    go = threading.Event()
    content = server.answers["/m/model.json"]
    server.answers["/m/model.json"] = lambda to: (go.wait(20), send(to, content))
    model = CocoSSD(url=server.url("/m/model.json"))
    eventually(lambda: model.loading.value)
    is_ready = [model.ready]
    go.set()
    assert model.predict(PICTURE).outputs
    is_ready.append(model.ready)
    assert is_ready == [False, True]
    assert eventually(lambda: not model.loading.value)


def test_pictures_of_every_kind_are_taken(model):
    gray = np.zeros((3, 200), np.uint8)
    rgba = Image.new("RGBA", (31, 17))
    palette = Image.new("P", (1, 1))
    assert len(model.predict_many([gray, rgba, palette, PICTURE])) == 4


@pytest.mark.parametrize("bad", [None, "dog.png", np.zeros((2, 2, 5)), np.zeros((0, 3, 3))])
def test_what_is_no_picture_is_refused_before_anything_is_waited_for(bad):
    model = CocoSSD(url="http://127.0.0.1:9/model.json")
    with pytest.raises(ImageRejected):
        model.predict(bad)
    assert eventually(lambda: model.training.value.status == "error")  # nothing goes on after this


def test_a_file_that_is_no_detector_is_refused_with_its_error(server):
    told = changed(lambda it: it["weightsManifest"][0]["weights"][9].update(dtype="int32"))
    server.answers |= {f"/m/{name}": content for name, content in told.items()}
    model = CocoSSD(url=server.url("/m/model.json"))
    with pytest.raises(ValueError, match="expected float32"):
        model.predict(PICTURE)
    assert model.training.value.status == "error"
    server.answers |= {f"/m/{name}": content for name, content in detector_files().items()}
    model.retry()
    assert model.predict(PICTURE).outputs


def test_what_is_no_base_is_refused():
    with pytest.raises(ValueError, match="base: expected one of lite_mobilenet_v2, mobilenet_v1"):
        CocoSSD("mobilenet_v3")


@pytest.mark.parametrize("options", [{"max_boxes": 0}, {"min_score": 1.5}, {"min_score": -0.1}])
def test_a_parameter_out_of_range_is_refused(options):
    with pytest.raises(ValueError, match="expected a"):
        CocoSSD(url="http://127.0.0.1:9/model.json", **options)


def test_it_cannot_be_trained(model):
    with pytest.raises(UnsupportedByModel):
        model.train([])


def test_the_page_gets_its_parameters(model):
    model.predict(PICTURE)
    state = FakePage(model).state
    assert (state["max_boxes"], state["min_score"]) == (20, 0.5)
    assert {*state["kinds"]} == {"max_boxes", "min_score"}


@pytest.mark.parametrize("base", BASES)
def test_each_base_has_an_address_of_its_own_and_is_checked_the_more_strictly(base):
    files = coco_ssd_files(base)
    assert files.url.startswith("https://storage.googleapis.com/tfjs-models/savedmodel/ssd")
    assert files.url.endswith(f"{base}/model.json")
    assert files.check is check_published_detector
    assert not files.is_own_address
    own = coco_ssd_files(base, url="https://example.org/model.json")
    assert own.is_own_address
    assert own.check is check_detector
