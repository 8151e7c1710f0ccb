"""A cache that somebody else has written to."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.model_cache import ModelCache

CONTENT = b"content"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path):
    return ModelCache(tmp_path / "cache")


def given(cache, content=CONTENT):
    with cache.workspace() as folder:
        (folder / "0").write_bytes(content)
        return cache.add(folder / "0", "m.bin")


def test_file_is_found_again(cache):
    assert given(cache) == given(cache)
    assert cache.find(SHA256, "m.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("digits", [None, 5, "", "zz", "../../etc/passwd", [SHA256], {}])
def test_what_is_no_checksum_is_that_of_no_file(cache, digits):
    given(cache)
    assert cache.find(digits, "m.bin") is None


def test_a_folder_in_place_of_a_file_is_replaced(cache):
    (cache.folder / "files" / SHA256 / "m.bin").mkdir(parents=True)
    given(cache)
    assert cache.find(SHA256, "m.bin") is not None


def test_file_in_place_of_a_folder_is_told(cache):
    cache.folder.mkdir()
    (cache.folder / "files").write_bytes(b"")
    with pytest.raises(DownloadRefused, match=r"^cache: expected a folder that can be written"):
        given(cache)


@pytest.mark.parametrize("note", [b"", b"[]", b"\xff", b"[" * 100_000, b'"a"'])
def test_note_that_is_none_is_forgotten(cache, note):
    cache.remember("key", {"a": 1})
    (path,) = (cache.folder / "notes").iterdir()
    assert cache.remembered("key") == json.loads(path.read_bytes())
    path.write_bytes(note)
    assert cache.remembered("key") is None


def test_note_that_cannot_be_written_is_a_warning(cache, caplog):
    cache.folder.mkdir()
    (cache.folder / "notes").write_bytes(b"")
    cache.remember("key", {"a": 1})
    assert cache.remembered("key") is None
    assert "cannot be remembered" in caplog.text


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_folder_of_nobody_is_told(monkeypatch):
    monkeypatch.setenv("MARCELLE_NB_CACHE", "~nobody-of-this-name/x")
    with pytest.raises(DownloadRefused, match=r"^cache: expected .*MARCELLE_NB_CACHE"):
        _ = ModelCache().folder


def test_an_environment_that_changes_later_changes_no_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "then"))
    cache = ModelCache()
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "now"))
    assert cache.folder == tmp_path / "then"


def test_a_relative_folder_is_that_of_the_time_when_it_was_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARCELLE_NB_CACHE", "cache")
    cache = ModelCache()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cache.folder == tmp_path / "cache"
