import gc
import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats import model_files
from marcelle_nb.formats.model_files import ModelFiles

FILES = {"model.json": b"{}", "shards/a.bin": b"aaaa", "b.bin": b"bb"}


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        path = tmp_path / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "model"


def contents(files):
    return {name: files.read(name) for name in files.names}


def test_folder_gives_all_files_below(folder):
    files = ModelFiles.open(folder)
    assert contents(files) == FILES
    assert files.main is None


def test_what_systems_leave_behind_is_not_among_the_files(folder):
    for name in (".DS_Store", ".ipynb_checkpoints/model.json", "__MACOSX/model.json", "Thumbs.db"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    assert contents(ModelFiles.open(folder)) == FILES
    archive = zipped(FILES | {"__MACOSX/._model.json": b"", ".DS_Store": b""})
    assert contents(ModelFiles.open([("m.zip", archive)])) == FILES


def test_file_sees_others_only_when_they_are_named(folder, monkeypatch):
    def refuse(*args):
        raise AssertionError("listed")

    for name in ("scandir", "listdir"):
        monkeypatch.setattr(os, name, refuse)
    files = ModelFiles.open(folder / "model.json")
    assert files.names == ("model.json",)
    assert files.beside("model.json", "./shards/a.bin") == "shards/a.bin"
    assert files.read("shards/a.bin") == b"aaaa"
    assert "b.bin" in files
    assert "c.bin" not in files


def test_path_of_nothing_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model: expected a file or folder"):
        ModelFiles.open(tmp_path / "none.h5")


@pytest.mark.parametrize(
    "path", ["../b.bin", "/etc/passwd", "a/../../b.bin", "C:\\b.bin", "..\\b.bin", "", "a\0b"]
)
def test_reference_out_of_the_folder_is_refused(folder, path):
    files = ModelFiles.open(folder / "model.json")
    with pytest.raises(ModelFormatError, match=r"inside the model's folder"):
        files.beside("model.json", path)


@pytest.mark.parametrize("name", ["aux.bin", "NUL", "com1.json", "a:b", "a./b", "a ", "x" * 256])
def test_name_that_windows_takes_for_something_else_is_refused(name):
    with pytest.raises(ModelFormatError, match=r"inside the model's folder"):
        ModelFiles.open([("model.zip", zipped({name: b""}))])


def test_missing_file_is_told(folder):
    files = ModelFiles.open(folder / "model.json")
    with pytest.raises(ModelFormatError, match=r"expected the file 'c.bin' beside it, got none"):
        files.beside("model.json", "c.bin")
    with pytest.raises(ModelFormatError, match=r"expected the file 'c.bin', got none"):
        files.read("c.bin")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_link_out_of_the_folder_is_refused(folder, tmp_path):
    (tmp_path / "secret.bin").write_bytes(b"secret")
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "inner.bin").symlink_to(folder / "b.bin")
    files = ModelFiles.open(folder / "model.json")
    assert files.read("inner.bin") == b"bb"
    with pytest.raises(ModelFormatError, match=r"got a link that leaves the folder"):
        files.beside("model.json", "link.bin")
    whole = ModelFiles.open(folder)
    assert "link.bin" not in whole.names
    with pytest.raises(ModelFormatError, match=r"got a link that leaves"):
        whole.read("link.bin")
    with pytest.raises(ModelFormatError, match=r"got a link that leaves"):
        whole.folder()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_linked_folder_is_refused(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.bin").write_bytes(b"secret")
    (folder / "linked").symlink_to(tmp_path / "other")
    whole = ModelFiles.open(folder)
    assert "linked/x.bin" not in whole
    with pytest.raises(ModelFormatError, match=r"got a link that leaves"):
        whole.folder()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege")
def test_file_that_was_named_may_be_a_link(folder, tmp_path):
    (tmp_path / "linked.json").symlink_to(folder / "model.json")
    assert ModelFiles.open(tmp_path / "linked.json").read("linked.json") == b"{}"


def test_uploaded_files_come_in_any_order(tmp_path):
    path = tmp_path / "c.bin"
    path.write_bytes(b"cc")
    opened = io.BytesIO(b"dd")
    opened.name = "C:\\fakepath\\d.bin"
    uploads = [("b.bin", bytearray(b"bb")), path, opened, ["model.json", memoryview(b"{}")]]
    uploads.append({"name": "e.bin", "content": memoryview(b"ee"), "type": "", "size": 2})
    for given in (uploads, uploads[::-1]):
        opened.seek(0)
        files = ModelFiles.open(given)
        wanted = {"b.bin": b"bb", "c.bin": b"cc", "d.bin": b"dd", "e.bin": b"ee"}
        assert contents(files) == wanted | {"model.json": b"{}"}
        assert files.main is None


def test_upload_without_folders_finds_shards_by_their_bare_names():
    files = ModelFiles.open([("a.bin", b"aaaa"), ("model.json", b"{}")])
    assert files.beside("model.json", "shards/a.bin") == "a.bin"
    files = ModelFiles.open([("other/a.bin", b"aaaa"), ("model.json", b"{}")])
    with pytest.raises(ModelFormatError, match=r"got none"):
        files.beside("model.json", "shards/a.bin")


@pytest.mark.parametrize(
    "given", [("m.h5", b"x"), {"m.h5": b"x"}, [("m.h5", b"x")], {"name": "m.h5", "content": b"x"}]
)
def test_single_uploaded_file_is_the_main_one(given):
    files = ModelFiles.open([given] if isinstance(given, dict) and "name" in given else given)
    assert files.main == "m.h5"
    assert files.read("m.h5") == b"x"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (3, "expected a path or files"),
        ([3], "expected a path, a binary file or"),
        ([io.StringIO("{}")], "opened with mode 'rb'"),
        ([("a", "text")], "opened with mode 'rb'"),
    ],
)
def test_what_is_no_file_is_refused(given, said):
    with pytest.raises(TypeError, match=said):
        ModelFiles.open(given)


@pytest.mark.parametrize("given", [[], {}, [("a", b""), ("a", b"")], [("../a", b"")]])
def test_upload_that_makes_no_sense_is_refused(given):
    with pytest.raises(ModelFormatError):
        ModelFiles.open(given)


def test_archive_is_opened_wherever_it_comes_from(tmp_path):
    archive = zipped({f"my model/{name}": content for name, content in FILES.items()})
    (tmp_path / "m.zip").write_bytes(archive)
    for source in (tmp_path / "m.zip", [("m.zip", archive)], io.BytesIO(archive), archive):
        files = ModelFiles.open(source)
        assert contents(files) == {f"my model/{name}": FILES[name] for name in FILES}
        assert files.beside("my model/model.json", "shards/a.bin") == "my model/shards/a.bin"


def test_keras_file_is_one_file_though_it_is_an_archive(tmp_path):
    archive = zipped({"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b""})
    (tmp_path / "m.zip").write_bytes(archive)
    assert ModelFiles.open(tmp_path / "m.zip").main == "m.zip"
    assert ModelFiles.open([("m.keras", archive)]).main == "m.keras"


def test_file_with_an_archive_at_its_end_is_one_file():
    assert ModelFiles.open([("m.tflite", b"....TFL3" + zipped(FILES))]).main == "m.tflite"


def test_archive_that_unpacks_to_too_much_is_refused_unopened(monkeypatch):
    monkeypatch.setattr(model_files, "MAX_BYTES", 1_000_000)
    archive = zipped({"a.bin": bytes(600_000), "b.bin": bytes(600_000)})
    assert len(archive) < 3_000
    with pytest.raises(ModelFormatError, match=r"at most 1,000,000 bytes in .* got 1,200,000 in 2"):
        ModelFiles.open(archive)


def test_archive_unpacks_no_more_than_it_declares():
    archive = bytearray(zipped({"a.bin": bytes(600_000)}))
    for signature, offset in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        at = archive.index(signature) + offset
        archive[at : at + 4] = (1000).to_bytes(4, "little")
    files = ModelFiles.open(bytes(archive))
    assert files.size("a.bin") == 1000
    with pytest.raises(ModelFormatError, match=r"expected a readable zip archive"):
        files.read("a.bin")


def test_archive_is_not_unpacked_before_it_is_read(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("unpacked")

    archive = zipped(FILES)
    monkeypatch.setattr(zipfile.ZipFile, "open", refuse)
    assert ModelFiles.open(archive).size("shards/a.bin") == 4


def test_archive_with_too_many_files_is_refused(monkeypatch):
    monkeypatch.setattr(model_files, "MAX_FILES", 3)
    with pytest.raises(ModelFormatError, match=r"in 3 files, got 0 in 4"):
        ModelFiles.open(zipped({f"{i}.bin": b"" for i in range(4)}))


@pytest.mark.parametrize("name", ["../a.bin", "/a.bin", "a/../../b", "C:/a.bin"])
def test_archive_that_leaves_its_folder_is_refused(name):
    with pytest.raises(ModelFormatError, match=r"inside the model's folder"):
        ModelFiles.open(zipped({name: b""}))


def test_archive_with_a_name_twice_is_refused():
    with pytest.raises(ModelFormatError, match=r"expected each file once, got 'a.bin' twice"):
        ModelFiles.open(zipped({"a.bin": b"", "./a.bin": b"x"}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("at", range(0, 400, 7))
def test_damaged_archive_is_refused_or_read(at):
    archive = bytearray(zipped(FILES))
    archive[at % len(archive)] ^= 0xFF
    with suppress(ModelFormatError):
        contents(ModelFiles.open(("m.zip", bytes(archive))))


def test_encrypted_archive_is_refused():
    archive = bytearray(zipped(FILES))
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        archive[archive.index(signature) + offset] |= 1
    with pytest.raises(ModelFormatError, match=r"expected a readable zip archive"):
        contents(ModelFiles.open(bytes(archive)))


def test_reading_has_a_limit(folder):
    for source in (folder, zipped(FILES)):
        files = ModelFiles.open(source)
        assert files.start("shards/a.bin", 2) == b"aa"
        with pytest.raises(ModelFormatError, match=r"at most 3 bytes, got 4"):
            files.read("shards/a.bin", 3)


def test_folder_with_too_many_files_is_refused_without_listing_all(folder, monkeypatch):
    monkeypatch.setattr(model_files, "MAX_FILES", 2)
    with pytest.raises(ModelFormatError, match=r"in 2 files, got 0 in 3"):
        ModelFiles.open(folder)


def test_files_in_memory_are_on_disk_while_they_are_used():
    files = ModelFiles.open(zipped({f"top/{name}": FILES[name] for name in FILES}))
    path = files.path("top/shards/a.bin")
    assert path.read_bytes() == b"aaaa"
    folder = files.folder("top")
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*.bin")} == {
        "b.bin",
        "shards/a.bin",
    }
    assert files.folder("").name == folder.parent.name
    del files
    gc.collect()
    assert not folder.parent.exists()


def test_folder_on_disk_is_used_as_it_is(folder):
    assert ModelFiles.open(folder).folder("shards") == folder / "shards"
    assert ModelFiles.open(folder).path("b.bin") == folder / "b.bin"


def test_files_from_several_places_come_together_in_a_folder(tmp_path):
    paths = {}
    for name in ("a.bin", "b.bin"):
        paths[name] = tmp_path / name[0] / "content"
        paths[name].parent.mkdir()
        paths[name].write_bytes(name.encode())
    files = ModelFiles(paths)
    place = files.folder()
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {
        "a.bin": b"a.bin",
        "b.bin": b"b.bin",
    }


def test_folder_that_is_not_there_is_refused():
    with pytest.raises(ModelFormatError, match=r"expected a folder 'x', got none"):
        ModelFiles.open(zipped(FILES)).folder("x")


def test_files_inside_a_folder_are_named_from_there(folder):
    for source in (folder, zipped(FILES)):
        inside = ModelFiles.open(source).inside("shards")
        assert contents(inside) == {"a.bin": b"aaaa"}
        assert inside.folder().joinpath("a.bin").read_bytes() == b"aaaa"


def test_saved_model_is_the_folder_around_its_file(tmp_path):
    (tmp_path / "variables").mkdir()
    for name in ("saved_model.pb", "variables/variables.index"):
        (tmp_path / name).write_bytes(b"")
    files = ModelFiles.open(tmp_path / "saved_model.pb")
    assert set(files.names) == {"saved_model.pb", "variables/variables.index"}
    assert files.folder() == tmp_path


def test_open_files_stay_what_they_are():
    files = ModelFiles({"a": Path(__file__)})
    assert ModelFiles.open(files) is files


def test_no_path_is_not_the_folder_that_python_was_started_in():
    with pytest.raises(FileNotFoundError, match="expected a file or folder, got ''"):
        ModelFiles.open("")
