"""What comes, and what is told and kept meanwhile."""

import json
import os
import threading
from contextlib import contextmanager

import pytest

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats import pretrained_files
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.formats.pretrained_download import PretrainedDownload
from marcelle_nb.formats.pretrained_files import PretrainedFiles
from tests.eventually import eventually
from tests.formats.web_server import send, web_server
from tests.formats.weights_server import in_parts

SIZES = {"a.bin": 40_000, "b.bin": 80_000}


def model_json():
    groups = [
        {"paths": [name], "weights": [{"name": name, "shape": [size // 4], "dtype": "float32"}]}
        for name, size in SIZES.items()
    ]
    nodes = [{"name": name, "op": "Const"} for name in SIZES]
    document = {
        "format": "graph-model",
        "modelTopology": {"node": nodes},
        "weightsManifest": groups,
        "userDefinedMetadata": {"text": "x" * 20_000},
    }
    return json.dumps(document).encode()


WHOLE = len(model_json()) + sum(SIZES.values())


@pytest.fixture
def server():
    with web_server() as server:
        server.answers["/net/model.json"] = model_json()
        for name, size in SIZES.items():
            server.answers[f"/net/{name}"] = bytes(size)
        yield server


@pytest.fixture
def cache(tmp_path):
    return ModelCache(tmp_path / "cache")


@pytest.fixture
def wanted(server, cache):
    return PretrainedFiles(
        "net", server.url("/net/model.json"), 10_000_000, lambda _: None, cache=cache
    )


def slowly(content, n_first, has_come, go_on):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:n_first])
        handler.wfile.flush()
        has_come.set()
        go_on.wait(20)
        handler.wfile.write(content[n_first:])

    return answer


def test_progress_counts_all_files_as_the_manifest_declares_them(wanted):
    seen: list[tuple[int, int]] = []
    wanted.get(lambda *numbers: seen.append(numbers))
    assert seen[-1] == (WHOLE, WHOLE)
    assert {total for done, total in seen if done > len(model_json())} == {WHOLE}
    done = [done for done, _ in seen]
    assert done == sorted(done)


def test_a_model_json_alone_is_not_shown_as_the_whole(wanted, server):
    has_come, go_on = threading.Event(), threading.Event()
    server.answers["/net/model.json"] = slowly(model_json(), 10_000, has_come, go_on)
    seen: list[tuple[int, int]] = []

    def progress(*numbers):
        seen.append(numbers)
        if numbers[0] == 10_000:
            go_on.set()

    wanted.get(progress)
    assert (10_000, 0) in seen
    assert all(total in (0, WHOLE) for _, total in seen)


def test_who_waits_is_shown_the_file_that_is_under_way(wanted, server):
    has_come, go_on = threading.Event(), threading.Event()
    server.answers["/net/b.bin"] = slowly(bytes(80_000), 20_000, has_come, go_on)
    fetching = threading.Thread(target=wanted.get)
    fetching.start()
    assert has_come.wait(10)
    seen: list[tuple[int, int]] = []
    waiting = threading.Thread(target=wanted.get, args=[lambda *numbers: seen.append(numbers)])
    waiting.start()
    try:
        assert eventually(lambda: (WHOLE - 60_000, WHOLE) in seen)
    finally:
        go_on.set()
        fetching.join(20)
        waiting.join(20)
    assert server.asked.count("/net/b.bin") == 1


def test_what_the_cache_has_counts_as_come(wanted, cache):
    files = wanted.get()
    files.path("b.bin").write_bytes(b"changed")
    seen: list[tuple[int, int]] = []
    wanted.get(lambda *numbers: seen.append(numbers))
    assert {total for _, total in seen} == {WHOLE}
    assert min(done for done, _ in seen) == len(model_json())
    assert seen[-1] == (WHOLE, WHOLE)


def test_without_a_size_no_share_is_told(wanted, server):
    def answer(handler):
        handler.protocol_version = "HTTP/1.0"
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"weights")
        handler.close_connection = True

    server.answers["/w.h5"] = answer
    seen: list[tuple[int, int]] = []
    own = PretrainedFiles("w", server.url("/w.h5"), 10**6, lambda _: None, cache=wanted.cache)
    own.get(lambda *numbers: seen.append(numbers))
    assert {total for done, total in seen[:-1]} <= {0}
    assert seen[-1] == (7, 7)


def without_locks(monkeypatch):
    @contextmanager
    def locked(*_):
        yield False

    monkeypatch.setattr(pretrained_files, "locked", locked)


def test_on_a_disk_without_locks_nothing_is_left_of_what_broke_off(
    wanted, server, cache, monkeypatch
):
    without_locks(monkeypatch)
    server.answers["/net/b.bin"] = in_parts(bytes(80_000), [20_000, 0, 0])
    with pytest.raises(DownloadRefused):
        wanted.get()
    assert [*(cache.folder / "unfinished").iterdir()] == []
    server.answers["/net/b.bin"] = bytes(80_000)
    assert wanted.get().size("b.bin") == 80_000
    assert [*(cache.folder / "unfinished").iterdir()] == []


def test_what_no_one_has_gone_on_with_is_removed(wanted, cache):
    folder = cache.folder / "unfinished"
    (folder / "old").mkdir(parents=True)
    (folder / "old.part").write_bytes(b"x")
    (folder / "new.part").write_bytes(b"x")
    for name in ("old", "old.part"):
        os.utime(folder / name, (0, 0))
    PretrainedDownload(wanted, {}, None).files(is_shared=True)
    assert {"old", "old.part"}.isdisjoint(path.name for path in folder.iterdir())
    assert (folder / "new.part").exists()


def test_a_shard_that_passes_the_size_of_all_is_refused(server, cache):
    url = server.url("/net/model.json")
    small = PretrainedFiles("net", url, WHOLE - 1, lambda _: None, cache=cache)
    with pytest.raises(DownloadRefused, match="expected at most"):
        small.get()


def test_a_page_in_place_of_a_shard_is_refused(wanted, server):
    server.answers["/net/a.bin"] = lambda handler: send(handler, b"<html>Sign in</html>")
    with pytest.raises(DownloadRefused, match="web page"):
        wanted.get()


def test_the_limit_and_the_sum_of_all_files_are_told(server, cache):
    url = server.url("/net/model.json")
    small = PretrainedFiles("net", url, WHOLE - 1, lambda _: None, cache=cache)
    with pytest.raises(DownloadRefused, match=f"at most {WHOLE - 1:,} bytes, got {WHOLE:,}"):
        small.get()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_in_place_of_a_part_is_removed(wanted, cache):
    download = PretrainedDownload(wanted, {}, None)
    place = download._partial("a.bin").path
    place.parent.mkdir(parents=True)
    os.mkfifo(place)
    assert wanted.get().size("a.bin") == SIZES["a.bin"]
