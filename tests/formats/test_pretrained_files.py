import json
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from marcelle_nb.errors import DownloadRefused, HostUnreachable, ModelFormatError
from marcelle_nb.formats import pretrained_files
from marcelle_nb.formats.file_lock import locked
from marcelle_nb.formats.model_cache import ModelCache, file_sha256
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.pretrained_files import PretrainedFiles
from tests.eventually import DEADLINE_S
from tests.formats.web_server import redirect, send, web_server
from tests.formats.weights_server import LOGIN, in_parts

CONTENT = np.random.default_rng(0).bytes(300_000)
WEIGHTS = b"weights" + CONTENT


def check(files):
    if not files.start(files.main, 7) == b"weights":
        raise ModelFormatError("expected weights, got something else")


@pytest.fixture
def server():
    with web_server() as server:
        yield server


@pytest.fixture
def wanted(server, tmp_path):
    """Give a function that makes what is asked for; the server's address by default."""

    def make(url=None, **options):
        options = {"max_bytes": 1_000_000, "cache": ModelCache(tmp_path / "cache"), **options}
        return PretrainedFiles("net-1", url or server.url("/w.h5"), check=check, **options)

    return make


def content(files):
    return files.read(files.main)


def left(tmp_path):
    return [*(tmp_path / "cache" / "unfinished").iterdir()]


def test_a_whole_file_is_fetched_once(server, wanted, tmp_path):
    server.answers["/w.h5"] = WEIGHTS
    seen = []
    files = wanted().get(lambda *numbers: seen.append(numbers))
    assert (files.main, content(files)) == ("w.h5", WEIGHTS)
    assert seen[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert content(wanted().get()) == WEIGHTS
    assert server.asked == ["/w.h5"]
    assert left(tmp_path) == []


def test_the_checksum_of_the_first_download_is_remembered(server, wanted):
    server.answers["/w.h5"] = WEIGHTS
    files = wanted().get()
    assert wanted().recorded == {"w.h5": file_sha256(files.path("w.h5"))}


def test_a_download_that_breaks_off_goes_on_where_it_was(server, wanted):
    server.answers["/w.h5"] = in_parts(WEIGHTS, [100_000, 50_000])
    assert content(wanted().get()) == WEIGHTS
    assert [it.get("Range") for it in server.headers] == [None, "bytes=100000-", "bytes=150000-"]


def test_what_came_is_gone_on_with_another_day(server, wanted):
    server.answers["/w.h5"] = in_parts(WEIGHTS, [100_000, 0, 0, 0])
    with pytest.raises(DownloadRefused, match="expected the whole file"):
        wanted().get()
    server.answers["/w.h5"] = in_parts(WEIGHTS)
    assert content(wanted().get()) == WEIGHTS
    assert server.headers[-1]["Range"] == "bytes=100000-"
    assert server.headers[-1]["If-Range"] == '"v1"'


def test_a_part_of_another_version_is_not_gone_on_with(server, wanted):
    server.answers["/w.h5"] = in_parts(b"weights" + bytes(200_000), [100_000, 0])
    with pytest.raises(DownloadRefused):
        wanted().get()
    server.answers["/w.h5"] = in_parts(WEIGHTS, tag='"v2"')
    assert content(wanted().get()) == WEIGHTS


def test_without_a_version_it_begins_anew(server, wanted):
    server.answers["/w.h5"] = in_parts(WEIGHTS, [100_000], tag=None)
    with pytest.raises(DownloadRefused):
        wanted().get()
    assert content(wanted().get()) == WEIGHTS
    assert "Range" not in server.headers[-1]


@pytest.mark.parametrize("told", ["bytes 5-300006/300007", "bytes 100000-300006/9", "nonsense"])
def test_instead_of_another_part_than_asked_for_it_gets_all(server, wanted, told):
    whole = in_parts(WEIGHTS, [100_000])

    def answer(handler):
        if "Range" not in handler.headers:
            return whole(handler)
        return send(handler, WEIGHTS[100_000:], 206, Content_Range=told)

    server.answers["/w.h5"] = answer
    assert content(wanted().get()) == WEIGHTS
    asked = [it.get("Range") for it in server.headers]
    assert asked == [None, "bytes=100000-", None]


@pytest.mark.parametrize("told", [True, False])
def test_a_file_over_its_size_is_refused(server, wanted, told, tmp_path):
    def answer(handler):
        headers = {} if told else {"Content_Length": "300007"}
        send(handler, WEIGHTS, **headers)

    server.answers["/w.h5"] = answer
    with pytest.raises(DownloadRefused, match="expected at most 200,000 bytes"):
        wanted(max_bytes=200_000).get()
    assert wanted().find() is None


def test_a_sign_in_page_is_refused_and_what_had_come_stays(server, wanted):
    server.answers["/w.h5"] = in_parts(WEIGHTS, [100_000, 0])
    with pytest.raises(DownloadRefused):
        wanted().get()
    server.answers["/w.h5"] = lambda handler: send(handler, LOGIN)
    with pytest.raises(DownloadRefused, match=r"(?s)School sign-in.*image_features"):
        wanted().get()
    server.answers["/w.h5"] = in_parts(WEIGHTS)
    wanted().get()
    assert server.headers[-1]["Range"] == "bytes=100000-"


def test_another_file_is_refused_and_forgotten(server, wanted, tmp_path):
    server.answers["/w.h5"] = in_parts(b"something else")
    with pytest.raises(DownloadRefused, match="net-1: expected the weights of this model"):
        wanted().get()
    assert left(tmp_path) == []
    assert wanted().recorded == {}
    server.answers["/w.h5"] = in_parts(WEIGHTS)
    assert content(wanted().get()) == WEIGHTS


@pytest.mark.parametrize("url", ["http://school.example/w.h5", "ftp://a/w.h5", "file:///w.h5"])
def test_only_https_is_taken(wanted, url):
    with pytest.raises(DownloadRefused, match="https"):
        wanted(url).get()


def test_a_redirection_to_http_is_refused(server, wanted):
    server.answers["/w.h5"] = redirect("http://school.example/login")
    with pytest.raises(DownloadRefused, match="expected https"):
        wanted().get()


def test_without_network_and_cache_one_error_says_what_to_do(wanted, tmp_path):
    with pytest.raises(HostUnreachable) as raised:
        wanted("http://127.0.0.1:9/w.h5", command="net").get()
    for part in ("net-1", str(tmp_path), "fetch net --to", "--from", "MARCELLE_NB_CACHE"):
        assert part in str(raised.value)
    assert "image_features()" in str(raised.value)


def test_a_changed_file_is_fetched_again_and_must_be_the_same(server, wanted):
    server.answers["/w.h5"] = WEIGHTS
    path = wanted().get().path("w.h5")
    path.write_bytes(WEIGHTS[::-1])
    assert wanted().find() is None
    assert content(wanted().get()) == WEIGHTS
    path.write_bytes(b"")
    server.answers["/w.h5"] = WEIGHTS + b"!"
    with pytest.raises(DownloadRefused, match=r"expected the checksum .* first download"):
        wanted().get()


def test_a_changed_file_without_network_is_told(server, wanted):
    server.answers["/w.h5"] = WEIGHTS
    url = server.url("/w.h5")
    wanted(url).get().path("w.h5").write_bytes(b"")
    with pytest.raises(HostUnreachable, match="changed since in the cache"):
        wanted("http://127.0.0.1:9/w.h5").get()


def test_a_checksum_pins(server, wanted, tmp_path):
    server.answers["/w.h5"] = WEIGHTS
    with pytest.raises(DownloadRefused, match="expected the checksum 000000"):
        wanted(sha256="0" * 64).get()
    digits = file_sha256(wanted().get().path("w.h5"))
    asked = len(server.asked)
    assert content(wanted(sha256=digits).get()) == WEIGHTS
    assert len(server.asked) == asked
    with pytest.raises(DownloadRefused):
        wanted(sha256="0" * 64).get()


def test_a_pinned_file_replaces_what_was_remembered(server, wanted, tmp_path):
    server.answers["/w.h5"] = WEIGHTS
    wanted().get()
    new = b"weights, new ones"
    server.answers["/w.h5"] = new
    (tmp_path / "new").write_bytes(new)
    digits = file_sha256(tmp_path / "new")
    assert content(wanted(sha256=digits).get()) == new
    assert content(wanted().get()) == WEIGHTS


@pytest.mark.parametrize(
    "note", [b"", b"[]", b'{"files": 3}', b'{"files": {"../x": "a"}}', b"\xff"]
)
def test_a_note_may_hold_anything(server, wanted, tmp_path, note):
    server.answers["/w.h5"] = WEIGHTS
    wanted().get()
    (path,) = (tmp_path / "cache" / "notes").iterdir()
    path.write_bytes(note)
    assert wanted().find() is None
    assert content(wanted().get()) == WEIGHTS


def test_a_note_that_leads_to_another_file_is_no_way_around_the_check(server, wanted, tmp_path):
    server.answers["/w.h5"] = WEIGHTS
    wanted().get()
    other = tmp_path / "other"
    other.write_bytes(b"hostile")
    digits, _ = ModelCache(tmp_path / "cache").add(other, "w.h5")
    (path,) = (tmp_path / "cache" / "notes").iterdir()
    path.write_text(json.dumps({"files": {"w.h5": digits}}))
    assert wanted().find() is None


def test_some_at_once_fetch_it_once(server, wanted, monkeypatch):
    go_on = threading.Event()
    who_waits: set[int] = set()

    def answer(handler):
        go_on.wait(DEADLINE_S)
        send(handler, WEIGHTS)

    def watched(path, waiting):
        def wait():
            who_waits.add(threading.get_ident())
            if len(who_waits) == 2:
                go_on.set()
            waiting()

        return locked(path, wait)

    monkeypatch.setattr(pretrained_files, "locked", watched)
    server.answers["/w.h5"] = answer
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(content(wanted().get()))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert results == [WEIGHTS] * 3
    assert server.asked == ["/w.h5"]


def test_what_the_progress_raises_ends_it_and_what_came_is_kept(server, wanted, tmp_path):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(WEIGHTS)))
        handler.send_header("ETag", '"v1"')
        handler.end_headers()
        handler.wfile.write(WEIGHTS[:100_000])
        handler.wfile.flush()
        stopped.wait(20)

    stopped = threading.Event()

    class Stop(Exception):
        pass

    def progress(*_):
        parts = (tmp_path / "cache" / "unfinished").glob("*.part")
        if any(part.stat().st_size == 100_000 for part in parts):  # written, not only come
            raise Stop

    server.answers["/w.h5"] = answer
    with pytest.raises(Stop):
        wanted().get(progress)
    stopped.set()
    server.answers["/w.h5"] = in_parts(WEIGHTS)
    assert content(wanted().get()) == WEIGHTS
    assert server.headers[-1]["Range"] == "bytes=100000-"


@pytest.mark.parametrize("kind", [BrokenPipeError, PermissionError])
@pytest.mark.parametrize("waits", [False, True])
def test_an_error_of_the_progress_is_no_fault_of_the_cache(
    server, wanted, monkeypatch, kind, waits
):
    def fail(*_):
        raise kind("mine")

    @contextmanager
    def held_by_another(path, waiting):
        waiting()
        yield True

    if waits:
        monkeypatch.setattr(pretrained_files, "locked", held_by_another)
    server.answers["/w.h5"] = WEIGHTS
    with pytest.raises(kind, match=r"^mine$"):
        wanted().get(fail)
    assert not (waits and server.asked)


def test_the_cache_is_the_one_that_was_named_when_it_was_asked_for(server, monkeypatch, tmp_path):
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "then"))
    files = PretrainedFiles("net-1", server.url("/w.h5"), 1_000_000, check)
    server.answers["/w.h5"] = WEIGHTS
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "now"))
    files.get()
    assert files.find() is not None
    assert [path.name for path in tmp_path.iterdir()] == ["then"]


def test_what_is_installed_and_does_not_fit_is_refused(wanted):
    with pytest.raises(DownloadRefused, match="expected the weights of this model"):
        wanted().install(ModelFiles({"w.h5": b"something else"}), "w.h5")


def test_a_cache_that_cannot_be_written_is_named(server, wanted, tmp_path):
    (tmp_path / "cache").write_text("a file")
    server.answers["/w.h5"] = WEIGHTS
    with pytest.raises(DownloadRefused, match="cache: expected a folder that can be written"):
        wanted().get()


def test_a_full_disk_is_named_as_that(server, wanted, monkeypatch):
    server.answers["/w.h5"] = WEIGHTS

    def full(self, chunks):
        raise ModelCache.unusable(self._partial.path, OSError(28, "No space left on device"))

    monkeypatch.setattr("marcelle_nb.formats.resumed_request.ResumedRequest._append", full)
    with pytest.raises(DownloadRefused, match=r"No space left.*MARCELLE_NB_CACHE"):
        wanted().get()


def test_own_addresses_are_remembered_by_themselves(server, wanted):
    server.answers["/w.h5"] = WEIGHTS
    server.answers["/own.h5"] = WEIGHTS + b"own"
    wanted().get()
    own = {"url": server.url("/own.h5"), "is_own_address": True}
    assert content(wanted(**own).get()) == WEIGHTS + b"own"
    assert content(wanted().get()) == WEIGHTS
    same = wanted(is_own_address=True)  # fetched as the model itself
    assert content(same.find()) == WEIGHTS


def test_files_of_a_model_json_lie_beside_it(server, wanted):
    server.answers["/net/model.json?x=1"] = _model_json()
    server.answers["/net/a.bin?x=1"] = bytes(8)
    make = wanted(server.url("/net/model.json?x=1"))
    files = PretrainedFiles("net", make.url, 10_000, lambda files: None, cache=make.cache).get()
    assert files.names == ("model.json", "a.bin")
    again = PretrainedFiles("net", make.url, 10_000, lambda files: None, cache=make.cache)
    files.path("a.bin").write_bytes(b"changed!")
    assert again.get().read("a.bin") == bytes(8)
    assert server.asked.count("/net/model.json?x=1") == 1  # only what was lost


def _model_json():
    weights = [{"name": "w", "shape": [2], "dtype": "float32"}]
    model = {
        "format": "graph-model",
        "modelTopology": {"node": [{"name": "w", "op": "Const"}]},
        "weightsManifest": [{"paths": ["a.bin"], "weights": weights}],
    }
    return json.dumps(model).encode()


@pytest.fixture
def read_only(wanted, tmp_path, monkeypatch):
    """Give a cache that another user owns; the user's own one is beside it."""
    monkeypatch.setattr(ModelCache, "of_user", lambda: ModelCache(tmp_path / "own"))
    mkdir = Path.mkdir

    def refused(path, *arguments, **options):
        if path.is_relative_to(tmp_path / "cache"):
            raise PermissionError(13, "Permission denied", str(path))
        mkdir(path, *arguments, **options)

    return lambda: monkeypatch.setattr(Path, "mkdir", refused)


def test_what_a_cache_for_reading_lacks_is_kept_in_the_own_one(server, wanted, read_only, tmp_path):
    read_only()
    server.answers["/w.h5"] = WEIGHTS
    for _ in range(2):
        files = wanted().get()
        assert files.path("w.h5").is_relative_to(tmp_path / "own")
    assert server.asked == ["/w.h5"]


def test_a_cache_for_reading_without_network_gives_the_full_advice(
    server, wanted, read_only, tmp_path
):
    server.answers["/w.h5"] = WEIGHTS
    for said in ("not", "changed since"):
        if said != "not":
            wanted().get().path("w.h5").write_bytes(b"tampered")
        refused = wanted("http://127.0.0.1:9/w.h5")
        if said == "not":
            with pytest.raises(HostUnreachable, match=f"{said} in the cache"):
                refused.get()
            continue
        read_only()
        with pytest.raises(HostUnreachable, match=f"{said} in the cache .*cache'") as raised:
            refused.get()
        assert "fetch --from" in str(raised.value)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"sha256": "zz"}, DownloadRefused), ({"sha256": 3}, TypeError), ({"url": b"x"}, TypeError)],
)
def test_what_is_no_address_or_checksum_is_refused_at_once(wanted, options, error):
    with pytest.raises(error, match="expected"):
        wanted(**options)


class TestOnDisk:
    """Weights that lie in a file of the user's own."""

    def made(self, path, *, check=lambda _: None, **options):
        return PretrainedFiles(
            "x", str(path), options.pop("max_bytes", 100), check, is_own_address=True, **options
        )

    def test_are_used_where_they_lie_and_nothing_is_written(self, tmp_path):
        (tmp_path / "w.h5").write_bytes(b"12345")
        cache = ModelCache(tmp_path / "cache")
        seen: list[object] = []
        files = self.made(tmp_path / "w.h5", check=seen.append, cache=cache).get()
        assert files.path("w.h5") == tmp_path / "w.h5"
        assert len(seen) == 1
        assert not cache.folder.exists()

    def test_with_shards_are_all_checked(self, tmp_path):
        manifest = [{"paths": ["a.bin"], "weights": []}]
        text = json.dumps(
            {"format": "graph-model", "modelTopology": {}, "weightsManifest": manifest}
        )
        (tmp_path / "model.json").write_text(text)
        with pytest.raises(FileNotFoundError, match=r"expected a file, got '.*a\.bin'"):
            self.made(tmp_path / "model.json", max_bytes=1000).get()
        (tmp_path / "a.bin").write_bytes(b"1" * 50)
        files = self.made(tmp_path / "model.json", max_bytes=1000).get()
        assert files.names == ("model.json", "a.bin")
        with pytest.raises(DownloadRefused, match="expected at most 60 bytes"):
            self.made(tmp_path / "model.json", max_bytes=60).get()

    def test_must_be_there_and_have_the_checksum(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"expected a file, got '.*none\.h5'"):
            self.made(tmp_path / "none.h5").get()
        with pytest.raises(FileNotFoundError):
            self.made(tmp_path).get()
        (tmp_path / "w.h5").write_bytes(b"12345")
        with pytest.raises(DownloadRefused, match="expected the checksum"):
            self.made(tmp_path / "w.h5", sha256="0" * 64).get()

    def test_may_not_name_files_outside_their_folder(self, tmp_path):
        manifest = [{"paths": ["../a.bin"], "weights": []}]
        text = json.dumps(
            {"format": "graph-model", "modelTopology": {}, "weightsManifest": manifest}
        )
        (tmp_path / "m").mkdir()
        (tmp_path / "a.bin").write_bytes(b"secret")
        (tmp_path / "m" / "model.json").write_text(text)
        with pytest.raises(ValueError, match="inside the model's folder"):
            self.made(tmp_path / "m" / "model.json", max_bytes=1000).get()
