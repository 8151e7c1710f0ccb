from dataclasses import replace
from functools import partial

import pytest

from marcelle_nb.errors import HostUnreachable
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models import pretrained
from marcelle_nb.models.coco_ssd_files import coco_ssd_files
from marcelle_nb.models.mobilenet_files import mobilenet_files
from marcelle_nb.models.pretrained import has_weights, pretrained_files, pretrained_models


def test_every_name_tells_where_its_weights_are():
    for name in pretrained_models():
        files = pretrained_files(name)
        assert files.url.startswith("https://")
        assert pretrained_files(files.command).name == files.name
        assert not files.is_own_address


@pytest.mark.parametrize(
    "model", [mobilenet_files, partial(coco_ssd_files, "mobilenet_v2")], ids=["mobilenet", "coco"]
)
def test_without_a_network_somebodys_own_address_is_not_said_to_be_fetched(
    tmp_path, monkeypatch, model
):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path))
    own, published = model(url="http://127.0.0.1:9/model.json"), model()
    with pytest.raises(HostUnreachable) as raised:
        own.get()
    said = str(raised.value)
    assert "url= may be the path of a copy" in said
    assert f"\n    marcelle-nb fetch {own.command} --to classroom.zip\n" in said
    assert "--from" not in said
    assert own.command == published.command
    for part in ("MARCELLE_NB_CACHE", "image_features()"):
        assert part in said


def test_names_of_models_in_a_classroom_zip_are_known():
    for name in pretrained_models():
        assert pretrained_files(pretrained_files(name).name).url == pretrained_files(name).url


def test_the_short_names_are_the_defaults():
    assert pretrained_files("mobilenet").name == "mobilenet-v1-1.0"
    assert pretrained_files("coco-ssd").name == "coco-ssd-lite_mobilenet_v2"


def test_another_name_is_refused_with_all_there_are():
    with pytest.raises(ValueError, match=r"expected one of mobilenet, .*, got 'yolo'"):
        pretrained_files("yolo")


def test_weights_are_there_when_the_cache_has_them_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path))
    plain = replace(pretrained_files("mobilenet"), check=lambda _: None)
    monkeypatch.setattr(pretrained, "pretrained_files", lambda _: plain)
    assert not has_weights("mobilenet")
    installed = plain.install(ModelFiles({"w.h5": b"weights"}), "w.h5")
    assert has_weights("mobilenet")
    installed.path("w.h5").write_bytes(b"changed")
    assert not has_weights("mobilenet")
