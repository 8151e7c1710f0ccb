import numpy as np
import pytest

import marcelle_nb as mnb
from marcelle_nb.models.coco_ssd_files import coco_ssd_files
from marcelle_nb.models.mobilenet_files import mobilenet_files
from marcelle_nb.models.practice_detector import COLOURS as FOUND
from marcelle_nb.models.practice_mobilenet import COLOURS as NAMED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("practice")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "cache"))


def ball(colour, x=320, y=240, radius=120, size=(480, 640)):
    """Draw a ball on something gray."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    picture = np.full((*size, 3), (120, 125, 130), np.uint8)
    picture[np.hypot(columns - x, rows - y) < radius] = colour
    return picture


def test_the_network_names_balls_of_four_colours(folder):
    path = mnb.practice_weights("mobilenet", folder)
    assert mobilenet_files(1, 0.25, url=path).get().main == path.name
    model = mnb.mobilenet(1, 0.25, url=path)
    for name, colour in NAMED.items():
        for size in [(480, 640), (300, 200), (640, 480)]:
            picture = ball(colour, size[1] / 2, size[0] / 2, min(size) / 4, size)
            assert model.predict(picture).label == name


def test_the_detector_finds_things_of_four_colours_where_they_are(folder):
    model = mnb.coco_ssd(url=mnb.practice_weights("coco-ssd", folder))
    for number, colour in FOUND.items():
        for x, y, radius in [(320, 240, 120), (100, 120, 50), (500, 300, 90)]:
            first = model.predict(ball(colour, x, y, radius)).outputs[0]
            assert first.class_ == mnb_name(number)
            assert first.bbox == pytest.approx(
                (x - radius, y - radius, 2 * radius, 2 * radius), abs=0.45 * radius
            )
    assert model.predict(ball((120, 125, 130))).outputs == []


def mnb_name(number):
    from marcelle_nb.models.coco_classes import coco_class

    return coco_class(number)


def test_they_are_never_taken_for_the_published_ones(folder):
    path = mnb.practice_weights("coco-ssd", folder)
    assert not mnb.has_weights("coco-ssd")
    assert not mnb.has_weights("mobilenet-v1-0.25")
    with pytest.raises(ValueError, match="expected an SSD network for COCO"):
        coco_ssd_files().install(mnb_files(path), "model.json")
    mnb.coco_ssd(url=path).predict(ball((0, 0, 0)))
    assert not mnb.has_weights("coco-ssd")


def mnb_files(path):
    from marcelle_nb.formats.model_files import ModelFiles

    names = [path.name, *(each.name for each in path.parent.glob("*.bin"))]
    return ModelFiles({name: path.parent / name for name in names}, main=path.name)


def test_another_name_and_another_model_are_refused(folder):
    with pytest.raises(ValueError, match="expected one of"):
        mnb.practice_weights("yolo", folder)
    with pytest.raises(ValueError, match="expected one of"):
        mnb.has_weights("yolo")
