"""The web page that runs a model, as it is written into a folder."""

import os
from pathlib import Path

import pytest

import marcelle_nb as mnb
from marcelle_nb.models.page_files import write_page
from marcelle_nb.models.web_model import WebModel, image_input, vector_input


def trained():
    model = mnb.mlp(epochs=1, layers=[5], seed=0)
    model.train([{"x": [0, 1, 2, i], "y": "ab"[i % 2]} for i in range(6)]).wait(60)
    return model


def test_an_exported_page_is_replaced_and_another_page_left_alone(tmp_path):
    model = trained()
    written = model.export_page(tmp_path / "page", title="<script>alert(1)</script>")
    assert {path.name for path in written} == {path.name for path in (tmp_path / "page").iterdir()}
    page = written[0].read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    (old,) = (tmp_path / "page").glob("weights-*.bin")
    model.train([{"x": [9, 1, 2, i], "y": "ab"[i % 2]} for i in range(6)]).wait(60)
    model.export_page(tmp_path / "page")
    assert not old.exists()
    assert len([*(tmp_path / "page").glob("weights-*.bin")]) == 1
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("<h1>Mine</h1>")
    with pytest.raises(FileExistsError, match=r"another index\.html"):
        model.export_page(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["index.html"]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


NEEDS_PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")


@pytest.mark.parametrize("name", ["page.js", "model.json", "licenses.txt", "index.html"])
@pytest.mark.parametrize(
    "make", ["file", "folder", "link", pytest.param("pipe", marks=NEEDS_PIPES)]
)
def test_what_is_there_under_a_name_of_the_page_is_not_replaced(tmp_path, name, make):
    place = tmp_path / name
    if make == "file":
        place.write_text("mine")
    elif make == "folder":
        place.mkdir()
    elif make == "link":
        place.symlink_to("nowhere")
    else:
        os.mkfifo(place)
    before = content(tmp_path)
    with pytest.raises(FileExistsError, match=rf"{tmp_path}.*{name}"):
        trained().export_page(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert content(tmp_path) == before


def test_files_of_other_names_stay_also_where_a_page_is_replaced(tmp_path):
    model = trained()
    for name in ("notes.txt", "weights-mine.bin"):
        (tmp_path / name).write_text("mine")
    for _ in range(2):
        model.export_page(tmp_path)
        assert (tmp_path / "notes.txt").read_text() == "mine"
        assert (tmp_path / "weights-mine.bin").read_text() == "mine"


def test_a_folder_in_a_page_is_told_by_the_name_that_was_given(tmp_path):
    model = trained()
    model.export_page(tmp_path)
    (tmp_path / "page.js").unlink()
    (tmp_path / "page.js").mkdir()
    before = content(tmp_path)
    with pytest.raises(FileExistsError, match=r"page\.js") as told:
        model.export_page(tmp_path)
    assert ".writing-" not in str(told.value)
    assert content(tmp_path) == before


def test_no_folder_is_no_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = trained()
    with pytest.raises(ValueError, match="folder: expected a path, got an empty text"):
        model.export_page("")
    assert [*tmp_path.iterdir()] == []
    assert model.export_page(".")[0].resolve() == tmp_path / "index.html"


@pytest.mark.parametrize("link", ["page", "page/inner"])
def test_a_link_that_leads_nowhere_is_told_by_the_name_that_was_given(tmp_path, link):
    (tmp_path / "page").symlink_to(tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError, match=f"folder.*{tmp_path / 'page'}") as told:
        trained().export_page(tmp_path / link)
    assert ".writing-" not in str(told.value)


def test_a_disk_that_is_full_is_told_with_the_folder(tmp_path, monkeypatch):
    def refuse(path, data):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OSError, match="No space left") as told:
        trained().export_page(tmp_path / "page")
    assert told.value.filename == str(tmp_path / "page")
    assert [*tmp_path.iterdir()] == []


def test_what_is_written_is_a_list_of_paths_that_says_how_to_open_the_page(tmp_path):
    written = trained().export_page(tmp_path / "page")
    assert isinstance(written, list)
    assert written[0] == tmp_path / "page" / "index.html"
    for words in (str(written[0]), "python -m http.server", "publish(", "web host"):
        assert words in repr(written)
    assert repr(type(written)()) == "<ExportedPage: no files>"


def test_the_network_before_an_earlier_model_goes_and_a_file_of_a_similar_name_stays(tmp_path):
    def write(number):
        made = WebModel("graph", {"n": number}, {}, {"input": image_input((9, 9), (0, 1))})
        model = WebModel("knn", {}, {}, {"input": vector_input(2, "net-1")}, before=made)
        return {path.name for path in write_page(model, "a page", tmp_path)}

    names = write(1)
    (tmp_path / "features.json").write_text("as earlier versions called it")
    (tmp_path / "features-mine.json").write_text("mine")
    after = write(2)
    assert len(after - names) == 1
    assert {path.name for path in tmp_path.iterdir()} == {*after, "features-mine.json"}
