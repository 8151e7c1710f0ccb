import threading

import pytest

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats import resumed_download
from marcelle_nb.formats.partial_file import PartialFile
from marcelle_nb.formats.resumed_download import download_resumed
from tests.formats.web_server import send, web_server
from tests.formats.weights_server import in_parts

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(resumed_download, "PAUSE_S", 0.0)
    with web_server() as server:
        yield server


def fetched(server, partial, seen=None):
    download_resumed(
        server.url("/w"),
        partial,
        limit=10**6,
        plain=False,
        progress=lambda *numbers: None if seen is None else seen.append(numbers),
    )


def test_it_goes_on_as_long_as_more_comes(server, tmp_path):
    server.answers["/w"] = in_parts(CONTENT, [10_000] * 9)
    partial = PartialFile(tmp_path / "w.part")
    seen: list[tuple[int, int | None]] = []
    fetched(server, partial, seen)
    assert partial.path.read_bytes() == CONTENT
    assert len(server.asked) == 10
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_it_ends_where_nothing_more_comes(server, tmp_path):
    server.answers["/w"] = in_parts(CONTENT, [10_000] + [0] * 99)
    with pytest.raises(DownloadRefused, match="the whole file"):
        fetched(server, PartialFile(tmp_path / "w.part"))
    assert len(server.asked) == 2


def test_a_server_without_ranges_is_not_asked_for_ever(server, tmp_path):
    server.answers["/w"] = in_parts(CONTENT, [10_000] * 99, ranges=False)
    with pytest.raises(DownloadRefused, match="the whole file"):
        fetched(server, PartialFile(tmp_path / "w.part"))
    assert len(server.asked) == 2


@pytest.mark.parametrize("version", ['"v1"', '"v0"', None])
def test_what_came_whole_another_day_is_kept_only_if_it_is_the_same_still(
    server, tmp_path, version
):
    def answer(handler):
        is_same = handler.headers.get("If-None-Match") == '"v1"'
        send(handler, b"" if is_same else b"new", 304 if is_same else 200, ETag='"v1"')

    server.answers["/w"] = answer
    partial = PartialFile(tmp_path / "w.part")
    partial.begin(version, 3)
    partial.path.write_bytes(b"abc")
    fetched(server, partial)
    assert partial.path.read_bytes() == (b"abc" if version == '"v1"' else b"new")


def test_time_has_an_end(server, tmp_path, monkeypatch):
    monkeypatch.setattr(resumed_download, "TIMEOUT_S", 0.0)
    ended = threading.Event()
    server.answers["/w"] = lambda _: ended.wait(20)
    with pytest.raises(DownloadRefused, match="within 0 s"):
        fetched(server, PartialFile(tmp_path / "w.part"))
    ended.set()


class Slow:
    """Stands in for a request that needs a while to end when it is told to."""

    ended = False
    start = received = 0

    def __init__(self, *_, **__):
        self.stopped = threading.Event()

    def run(self, _):
        self.stopped.wait(20)
        threading.Event().wait(0.5)
        type(self).ended = True

    def stop(self):
        self.stopped.set()


def test_when_it_returns_nobody_writes_any_more(tmp_path, monkeypatch):
    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    monkeypatch.setattr(resumed_download, "ResumedRequest", Slow)
    partial = PartialFile(tmp_path / "w.part")
    with pytest.raises(Stop):
        download_resumed("https://a/w", partial, limit=9, plain=False, progress=stop)
    assert Slow.ended
