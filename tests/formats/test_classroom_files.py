import hashlib
import json
import os
import stat
import threading
import zipfile
from dataclasses import replace

import pytest

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.classroom_files import collect, install
from marcelle_nb.formats.classroom_list import LIST
from marcelle_nb.formats.model_cache import ModelCache, file_sha256
from marcelle_nb.formats.pretrained_files import PretrainedFiles
from tests.formats.web_server import web_server

WEIGHTS = {name: b"weights of " + name.encode() * 5_000 for name in ("one", "two")}


def check(files):
    if files.start(files.main, 7) != b"weights":
        raise ModelFormatError("expected weights, got something else")


@pytest.fixture
def server():
    with web_server() as server:
        for name, content in WEIGHTS.items():
            server.answers[f"/{name}.h5"] = content
        yield server


@pytest.fixture
def known(server):
    def known(name):
        if name not in WEIGHTS:
            raise ValueError(f"name: expected one or two, got {name!r}")
        return PretrainedFiles(name, server.url(f"/{name}.h5"), 100_000, check)

    return known


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """Give a function that goes to another machine."""

    def go(name):
        monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / name))
        return tmp_path / name

    go("teacher")
    return go


@pytest.fixture
def packed(known, tmp_path):
    collect([known("one"), known("two")], tmp_path / "class.zip")
    return tmp_path / "class.zip"


def content(files):
    return files.read(files.main)


def test_a_zip_made_on_one_machine_serves_another(packed, known, machine, server):
    machine("pupil")
    server.answers.clear()
    assert known("one").find() is None
    assert [name for name, _ in install(packed, known)] == ["one", "two"]
    for name, weights in WEIGHTS.items():
        assert content(known(name).get()) == weights


def test_a_folder_serves_as_a_cache_itself(known, machine, tmp_path, server):
    collect([known("one")], tmp_path / "shared")
    collect([known("two")], tmp_path / "shared")
    server.answers.clear()
    machine("shared")
    assert content(known("one").get()) == WEIGHTS["one"]
    assert content(known("two").get()) == WEIGHTS["two"]
    machine("pupil")
    assert len(install(tmp_path / "shared", known)) == 2
    assert content(known("two").get()) == WEIGHTS["two"]


def test_an_unpacked_zip_is_a_cache(packed, known, machine, server):
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(machine("unpacked"))
    server.answers.clear()
    assert content(known("one").get()) == WEIGHTS["one"]


def test_it_takes_what_the_cache_has(known, tmp_path, server):
    known("one").get()
    server.answers.clear()
    collect([known("one")], tmp_path / "class.zip")
    assert len(server.asked) == 1


def test_a_zip_is_packed_where_the_cache_is_only_for_reading(
    known, tmp_path, machine, server, monkeypatch
):
    known("one").get()
    server.answers.clear()
    folder = machine("teacher")
    before = sorted(folder.rglob("*"))

    def refused(self):
        raise self.unusable(self.folder, PermissionError(13, "Permission denied"))

    monkeypatch.setattr(ModelCache, "workspace", refused)
    (packed,) = collect([known("one")], tmp_path / "class.zip")
    assert content(packed) == WEIGHTS["one"]
    assert sorted(folder.rglob("*")) == before
    assert sorted(tmp_path.iterdir()) == [tmp_path / "class.zip", folder]
    monkeypatch.undo()
    machine("pupil")
    install(tmp_path / "class.zip", known)
    assert content(known("one").get()) == WEIGHTS["one"]


def test_what_was_pinned_is_what_an_unpacked_zip_has_without_a_checksum_too(
    known, tmp_path, machine, server
):
    found = known("one").get()
    pinned = replace(known("one"), sha256=file_sha256(found.path("one.h5")))
    collect([pinned], tmp_path / "class.zip")
    with zipfile.ZipFile(tmp_path / "class.zip") as archive:
        archive.extractall(machine("unpacked"))
    server.answers.clear()
    assert content(replace(pinned, cache=ModelCache()).get()) == WEIGHTS["one"]
    assert content(known("one").get()) == WEIGHTS["one"]


def test_two_models_of_one_file_are_packed_once(known, tmp_path):
    same = replace(known("one"), name="two")
    collect([known("one"), same], tmp_path / "class.zip")
    with zipfile.ZipFile(tmp_path / "class.zip") as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    assert sum(name.startswith("files/") for name in names) == 1


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_zip_that_was_copied_in_part_is_told_as_that(packed, known, machine, kept):
    data = packed.read_bytes()
    packed.write_bytes(data[: round(kept * len(data))])
    machine("pupil")
    with pytest.raises(ModelFormatError, match=r"class\.zip: expected a whole zip file .* a part"):
        install(packed, known)


def test_what_is_installed_is_not_installed_again(packed, known, machine):
    machine("pupil")
    install(packed, known)
    path = known("one").find().path("one.h5")
    before = path.stat().st_mtime_ns
    install(packed, known)
    assert path.stat().st_mtime_ns == before


def test_a_zip_without_all_of_them_is_not_written(known, tmp_path, server):
    del server.answers["/two.h5"]
    with pytest.raises(DownloadRefused, match="404"):
        collect([known("one"), known("two")], tmp_path / "class.zip")
    assert not (tmp_path / "class.zip").exists()


def rewritten(packed, change):
    """Write an archive again, its files changed by name."""
    with zipfile.ZipFile(packed) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def main_of(files, name="one"):
    return next(place for place in files if place.endswith(f"/{name}.h5"))


def tampered(files):
    files[main_of(files)] = b"weights of somebody else"


def bomb(files):
    files[main_of(files)] = bytes(50_000_000)


def unlisted(files):
    del files[LIST]


def missing(files):
    del files[main_of(files)]


def unknown(files):
    told = json.loads(files[LIST])
    files[LIST] = json.dumps({"models": {"three": told["models"]["one"]}}).encode()


def listed(models):
    def change(files):
        files[LIST] = json.dumps({"models": models}).encode()

    return change


def climbing(files):
    files["../../evil"] = b"x"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (tampered, "expected the checksum"),
        (bomb, "expected at most 100,000 bytes"),
        (unlisted, "got no marcelle-nb-models.json"),
        (missing, "got none"),
        (unknown, "expected one or two, got 'three'"),
        (climbing, "expected"),
        (listed({}), "expected 1 to 100 models"),
        (listed([]), "expected 1 to 100 models"),
        (listed({"one": {}}), "expected a checksum for each file"),
        (listed({"one": {"a": "x"}}), "expected a checksum for each file"),
        (listed({"one": {"../a": "0" * 64}}), "expected"),
        (listed({"one": {"/etc/passwd": "0" * 64}}), "expected"),
    ],
)
def test_a_hostile_zip_installs_nothing(packed, known, machine, change, said):
    place = machine("pupil")
    rewritten(packed, change)
    with pytest.raises(ValueError, match=said):
        install(packed, known)
    assert [*place.glob("files/*/*")] == []
    assert known("one").find() is None


def test_weights_that_do_not_fit_are_refused_though_the_list_has_their_checksum(
    known, machine, tmp_path, server
):
    server.answers["/one.h5"] = b"other weights"
    anything = replace(known("one"), check=lambda files: None)
    collect([anything], tmp_path / "class.zip")
    machine("pupil")
    with pytest.raises(DownloadRefused, match="expected the weights of this model"):
        install(tmp_path / "class.zip", known)


def test_weights_other_than_the_first_ones_are_refused(packed, known, machine, server):
    machine("pupil")
    server.answers["/one.h5"] = b"weights, newer ones"
    known("one").get()
    with pytest.raises(DownloadRefused, match="which the first download had"):
        install(packed, known)
    assert content(known("one").get()) == b"weights, newer ones"


def test_a_link_in_a_zip_is_no_link(packed, known, machine):
    with zipfile.ZipFile(packed) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            if name == main_of(files):
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, b"/etc/passwd")
            else:
                archive.writestr(info, data)
    machine("pupil")
    with pytest.raises(ValueError, match="expected"):
        install(packed, known)


@pytest.mark.skipif(os.name == "nt", reason="needs links")
def test_a_link_in_a_folder_does_not_lead_out(known, machine, tmp_path):
    collect([known("one")], tmp_path / "shared")
    place = next((tmp_path / "shared" / "files").glob("*/one.h5"))
    place.rename(tmp_path / "outside")
    place.symlink_to(tmp_path / "outside")
    machine("pupil")
    with pytest.raises(ModelFormatError, match="expected"):
        install(tmp_path / "shared", known)


def test_pages_and_nothing_are_no_archives(known, tmp_path):
    (tmp_path / "login.zip").write_text("<html>")
    for name, error in [("login.zip", ModelFormatError), ("none.zip", FileNotFoundError)]:
        with pytest.raises(error):
            install(tmp_path / name, known)


def test_a_target_that_cannot_be_written_is_told(known, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((OSError, DownloadRefused)):
        collect([known("one")], tmp_path / "file" / "class.zip")


def test_a_cache_that_is_asked_for_is_used(known, tmp_path):
    files = known("one").with_cache(ModelCache(tmp_path / "own"))
    files.get()
    assert [*(tmp_path / "own" / "files").iterdir()]
    assert known("one").find() is None


def test_a_zip_takes_up_more_models(known, tmp_path, machine, server):
    collect([known("one")], tmp_path / "class.zip")
    collect([known("two")], tmp_path / "class.zip")
    machine("pupil")
    server.answers.clear()
    assert [name for name, _ in install(tmp_path / "class.zip", known)] == ["one", "two"]


@pytest.mark.parametrize("target", ["class.zip", "shared"])
def test_of_two_at_once_none_loses_its_models(known, tmp_path, machine, target):
    for name in WEIGHTS:
        known(name).get()
    threads = [
        threading.Thread(target=collect, args=[[known(name)], tmp_path / target])
        for name in WEIGHTS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    machine("pupil")
    assert {name for name, _ in install(tmp_path / target, known)} == {"one", "two"}


def test_a_zip_of_the_folder_itself_is_taken(packed, known, machine, tmp_path):
    with zipfile.ZipFile(packed) as archive, zipfile.ZipFile(tmp_path / "o.zip", "w") as outer:
        for name in archive.namelist():
            outer.writestr(f"classroom/{name}", archive.read(name))
    machine("pupil")
    assert len(install(tmp_path / "o.zip", known)) == 2


def test_a_file_that_no_model_names_is_refused(packed, known, machine):
    def extra(files):
        told = json.loads(files[LIST])
        digits = hashlib.sha256(b"x").hexdigest()
        told["models"]["one"]["extra.bin"] = digits
        files[LIST] = json.dumps(told).encode()
        files[f"files/{digits}/extra.bin"] = b"x"

    rewritten(packed, extra)
    machine("pupil")
    with pytest.raises(DownloadRefused, match=r"got 'extra\.bin' too"):
        install(packed, known)


@pytest.mark.parametrize(
    ("content", "said"), [(b" <html>", "web page"), (b"", "empty"), (b"abc", "another file")]
)
def test_what_is_no_zip_is_told_apart(known, tmp_path, content, said):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(ModelFormatError, match=said):
        install(tmp_path / "x.zip", known)


def test_a_file_in_place_of_the_folder_is_told(known, tmp_path):
    (tmp_path / "class").write_text("")
    with pytest.raises(NotADirectoryError, match=r"ends with \.zip, got the file"):
        collect([known("one")], tmp_path / "class")
