import gzip
import hashlib
import json
import multiprocessing
import socket
import threading
import time

import pytest

from marcelle_nb.errors import DownloadRefused, HostUnreachable, ModelFormatError
from marcelle_nb.formats.download import download
from tests.formats.test_model_files import zipped
from tests.formats.web_server import redirect, send, web_server

CONTENT = b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 4
OTHER = "school.example"


def sha256(*contents):
    return hashlib.sha256(b"".join(contents)).hexdigest()


def asked(server):
    """Give what a server was asked for, but for names of classes, which most models do not have."""
    return [path for path in server.asked if not path.endswith("labels.txt")]


def model_json(paths, **more):
    weights = [{"name": "w", "shape": [2], "dtype": "float32"}]
    return json.dumps(
        {
            "modelTopology": {"class_name": "Sequential", "config": []},
            "weightsManifest": [{"paths": paths, "weights": weights}],
            **more,
        }
    ).encode()


MODEL = model_json([])


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(folder))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def server():
    with web_server() as running:
        running.answers["/model.h5"] = CONTENT
        yield running


@pytest.fixture
def other_host(monkeypatch):
    """Let a host of another name be this machine, which only the test knows."""
    resolve = socket.getaddrinfo

    def resolve_here(host, *args, **kwargs):
        return resolve("127.0.0.1" if host == OTHER else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
    return OTHER


@pytest.fixture
def tfjs(server):
    """Publish a model of three files; give their contents."""
    files = {
        "model.json": model_json(["a.bin", "b.bin"]),
        "a.bin": b"\0" * 4,
        "b.bin": b"\1" * 4,
    }
    server.answers.update({f"/m/{name}": content for name, content in files.items()})
    return files


def test_file_of_this_machine_comes_over_http(server):
    files = download(server.url("/model.h5"))
    assert files.main == "model.h5"
    assert files.read("model.h5") == CONTENT


def test_localhost_is_this_machine(server):
    assert download(server.url("/model.h5", "localhost")).read("model.h5") == CONTENT


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/model.h5",
        "gopher://example.org/model.h5",
        "data:application/json,{}",
        "https:///model.h5",
        "http://[::1/model.h5",
        "https://example.org:99999999/model.h5",
        "model.h5",
    ],
)
def test_address_of_another_kind_is_refused(url):
    with pytest.raises(DownloadRefused, match=r"^address: "):
        download(url)


def test_http_from_another_machine_is_refused_and_not_asked(server, other_host):
    with pytest.raises(DownloadRefused, match=r"expected https://.*sha256=.*allow_http=True"):
        download(server.url("/model.h5", other_host))
    assert server.asked == []


def test_http_from_another_machine_comes_with_a_checksum(server, other_host):
    url = server.url("/model.h5", other_host)
    assert download(url, sha256=sha256(CONTENT)).read("model.h5") == CONTENT


def test_http_from_another_machine_comes_when_it_is_allowed(server, other_host):
    url = server.url("/model.h5", other_host)
    assert download(url, allow_http=True).read("model.h5") == CONTENT


def test_http_from_another_machine_with_a_wrong_checksum_is_refused(server, other_host):
    with pytest.raises(DownloadRefused, match=r"expected the checksum 0{64}, got"):
        download(server.url("/model.h5", other_host), sha256="0" * 64)


def test_redirection_is_followed(server):
    server.answers["/old"] = redirect("/older")
    server.answers["/older"] = redirect(server.url("/model.h5", "localhost"), 308)
    files = download(server.url("/old"))
    assert files.read("old") == CONTENT
    assert asked(server) == ["/old", "/older", "/model.h5"]


@pytest.mark.parametrize(
    "target",
    [
        f"http://{OTHER}/model.h5",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "ftp://127.0.0.1/model.h5",
        "data:,x",
        "//" + OTHER + "/model.h5",
    ],
)
def test_redirection_to_a_disallowed_place_is_refused(server, other_host, target):
    server.answers["/first"] = redirect("/second")
    server.answers["/second"] = redirect(target)
    with pytest.raises(DownloadRefused, match=r"\(from http://127.0.0.1:\d+/second\): expected"):
        download(server.url("/first"))
    assert server.asked == ["/first", "/second"]


def test_redirection_from_another_machine_to_this_one_is_refused(server, other_host):
    server.answers["/out"] = redirect(server.url("/model.h5"))
    with pytest.raises(DownloadRefused, match=r"another machine may not redirect to this one"):
        download(server.url("/out", other_host), allow_http=True)
    assert server.asked == ["/out"]


def test_redirections_that_never_end_are_refused(server):
    server.answers["/loop"] = redirect("/loop")
    with pytest.raises(DownloadRefused, match=r"expected at most 10 redirections"):
        download(server.url("/loop"))
    assert len(server.asked) == 11


def test_password_in_an_address_is_in_no_message(server):
    with pytest.raises(DownloadRefused) as refused:
        download(f"http://anna:secret@127.0.0.1:{server.port}/none?token=secret")
    assert "secret" not in str(refused.value)
    assert server.headers[0]["Authorization"].startswith("Basic ")


def test_credentials_on_this_machine_are_not_sent(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine school.example login anna password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    download(server.url("/model.h5"))
    assert "Authorization" not in server.headers[0]


def test_file_that_says_that_it_is_too_large_is_refused_at_once(server):
    with pytest.raises(DownloadRefused, match=f"at most 100 bytes, got {len(CONTENT):,}"):
        download(server.url("/model.h5"), max_bytes=100)


def test_file_that_does_not_say_that_it_is_too_large_is_refused(server):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(65536))

    server.answers["/endless"] = endless
    with pytest.raises(DownloadRefused, match=r"at most 1,000,000 bytes, got more"):
        download(server.url("/endless"), max_bytes=1_000_000)


def test_packed_answer_is_refused(server):
    packed = gzip.compress(bytes(10_000_000))
    server.answers["/bomb"] = lambda handler: send(handler, packed, Content_Encoding="gzip")
    with pytest.raises(DownloadRefused, match=r"expected the file as it is, got it packed as"):
        download(server.url("/bomb"))


def test_limit_is_that_of_all_files_together(server, tfjs):
    total = sum(map(len, tfjs.values()))
    assert set(download(server.url("/m/model.json"), max_bytes=total).names) == set(tfjs)
    with pytest.raises(DownloadRefused, match=r"expected at most 3 bytes"):
        download(server.url("/m/model.json"), max_bytes=total - 1)


@pytest.mark.parametrize("where", ["header", "body"])
def test_server_that_drips_is_left_in_time(server, where):
    gone = threading.Event()

    def drip(handler):
        try:
            if where == "body":
                handler.send_response(200)
                handler.send_header("Content-Length", "1000")
                handler.end_headers()
            else:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(1000):
                handler.wfile.write(b"x")
                time.sleep(0.02)
        finally:
            gone.set()

    server.answers["/drip"] = drip
    start = time.monotonic()
    with pytest.raises(DownloadRefused, match=r"expected all of it within 0.5 s"):
        download(server.url("/drip"), timeout=0.5)
    assert time.monotonic() - start < 3
    if where == "body":
        assert gone.wait(5)  # nobody goes on reading


def test_connection_that_breaks_off_is_refused(server, cache):
    def break_off(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT[:500])
        handler.close_connection = True

    server.answers["/broken"] = break_off
    with pytest.raises(DownloadRefused, match=r"expected the whole file"):
        download(server.url("/broken"))
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_server_that_is_not_there_is_refused():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(HostUnreachable) as told:
            download(f"http://127.0.0.1:{(port := held.getsockname()[1])}/model.h5")
    url = f"http://127.0.0.1:{port}/model.h5"
    assert str(told.value) == (
        f"{url}: expected an answer of 127.0.0.1, got none: Connection refused"
    )


def test_answer_that_is_an_error_is_told(server):
    with pytest.raises(DownloadRefused, match=r"expected a file, got the answer 404 Not Found"):
        download(server.url("/none.h5"))


def test_sign_in_page_of_a_school_is_told_from_a_model(server):
    page = b"\n<!-- x --><!DOCTYPE html><html><head><title>Sign in \xe2\x80\x93\n WLAN</title>"
    server.answers["/portal"] = lambda handler: send(handler, page, Content_Type="text/html")
    server.answers["/model.json"] = redirect("/portal")
    with pytest.raises(DownloadRefused, match=r"got a web page \('Sign in – WLAN', .*/portal\)"):
        download(server.url("/model.json"))


def test_graph_that_begins_like_a_page_is_none(server):
    graph = b"\n<" + bytes(100)
    server.answers["/g.pb"] = graph
    assert download(server.url("/g.pb")).read("g.pb") == graph


def test_certificate_that_nobody_knows_is_refused(server):
    with pytest.raises(DownloadRefused, match=r"expected"):
        download(f"https://127.0.0.1:{server.port}/model.h5")


def test_model_json_brings_its_shards(server, tfjs):
    files = download(server.url("/m/model.json"))
    assert files.main == "model.json"
    assert {name: files.read(name) for name in files.names} == tfjs


def test_archive_is_opened(server):
    server.answers["/m.zip"] = zipped({"my model/a.txt": b"a", "my model/b.txt": b"b"})
    files = download(server.url("/m.zip"))
    assert files.main is None
    assert files.read("my model/b.txt") == b"b"


def test_shards_keep_what_was_asked_for(server, tfjs):
    for name, content in tfjs.items():
        server.answers[f"/m/{name}?token=1"] = content
    download(server.url("/m/model.json?token=1"))
    assert "/m/a.bin?token=1" in server.asked


@pytest.mark.parametrize(
    "path", ["../secret.bin", "/secret.bin", "http://other/x.bin", "a/../../x"]
)
def test_shard_outside_the_folder_is_refused(server, path):
    server.answers["/m/model.json"] = model_json([path])
    with pytest.raises(ModelFormatError, match=r"inside the model's folder"):
        download(server.url("/m/model.json"))
    assert server.asked == ["/m/model.json"]


def test_shard_that_redirects_elsewhere_is_refused(server, tfjs, other_host):
    server.answers["/m/b.bin"] = redirect(f"http://{OTHER}/b.bin")
    with pytest.raises(DownloadRefused, match=r"expected https://"):
        download(server.url("/m/model.json"))


def test_one_checksum_covers_model_and_shards_in_order(server, tfjs):
    url = server.url("/m/model.json")
    files = download(url, sha256=f"sha256:{sha256(*tfjs.values()).upper()}")
    assert files.read("b.bin") == tfjs["b.bin"]
    wrong = sha256(tfjs["model.json"], tfjs["b.bin"], tfjs["a.bin"])
    with pytest.raises(DownloadRefused, match=f"expected the checksum {wrong} over 3 files"):
        download(url, sha256=wrong)


def test_each_file_has_its_checksum(server, tfjs):
    sums = {name: sha256(content) for name, content in tfjs.items()}
    url = server.url("/m/model.json")
    assert set(download(url, sha256=sums).names) == set(tfjs)
    with pytest.raises(DownloadRefused, match=r"expected a checksum for 'b.bin', got none"):
        download(url, sha256={name: sums[name] for name in ("model.json", "a.bin")})
    with pytest.raises(DownloadRefused, match=r"a.bin: expected the checksum"):
        download(url, sha256=sums | {"a.bin": "0" * 64})


@pytest.mark.parametrize("wrong", ["", "abc", "g" * 64, {}, {"model.h5": "abc"}])
def test_checksum_that_is_none_is_refused(server, wrong):
    with pytest.raises(DownloadRefused, match=r"^sha256: expected"):
        download(server.url("/model.h5"), sha256=wrong)
    assert server.asked == []


def test_wrong_file_is_not_kept(server, cache):
    with pytest.raises(DownloadRefused):
        download(server.url("/model.h5"), sha256="0" * 64)
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_file_with_a_checksum_is_fetched_once(server, tfjs):
    joint = sha256(*tfjs.values())
    each = {"model.h5": sha256(CONTENT)}
    for _ in range(2):
        download(server.url("/model.h5"), sha256=each)
        download(server.url("/m/model.json"), sha256=joint)
    assert sorted(asked(server)) == [
        "/m/a.bin",
        "/m/b.bin",
        "/m/metadata.json",
        "/m/model.json",
        "/model.h5",
    ]


def test_file_that_was_changed_in_the_cache_is_fetched_again(server):
    url, expected = server.url("/model.h5"), sha256(CONTENT)
    path = download(url, sha256=expected).path("model.h5")
    path.write_bytes(b"changed")
    assert download(url, sha256=expected).read("model.h5") == CONTENT
    assert asked(server) == ["/model.h5"] * 2


def test_file_without_a_checksum_is_fetched_again_when_it_changed(server):
    content = CONTENT

    def versioned(handler):
        version = f'"{sha256(content)}"'
        if handler.headers["If-None-Match"] == version:
            send(handler, b"", 304)
        else:
            send(handler, content, ETag=version)

    server.answers["/v.h5"] = versioned
    for _ in range(2):
        assert download(server.url("/v.h5")).read("v.h5") == content
    content = CONTENT + b"new"
    assert download(server.url("/v.h5")).read("v.h5") == content
    told = zip(server.asked, server.headers, strict=True)
    questions = ["If-None-Match" in headers for path, headers in told if path == "/v.h5"]
    assert questions == [False, True, True]


def test_file_of_a_server_that_tells_no_version_is_fetched_again(server):
    download(server.url("/model.h5"))
    server.answers["/model.h5"] = CONTENT[:-1]
    assert download(server.url("/model.h5")).read("model.h5") == CONTENT[:-1]


def test_link_of_teachable_machine_brings_the_names_of_classes(server, tfjs):
    server.answers["/m/metadata.json"] = b'{"labels": ["a"]}'
    files = download(server.url("/m/"))
    assert files.main == "model.json"
    assert files.read("metadata.json") == b'{"labels": ["a"]}'


def test_page_in_place_of_names_of_classes_is_no_failure(server, tfjs):
    server.answers["/m/metadata.json"] = b"<!doctype html><title>Not found</title>"
    assert "metadata.json" not in download(server.url("/m/"))


def test_server_that_fails_to_give_names_of_classes_is_no_failure(server, tfjs):
    server.answers["/m/metadata.json"] = lambda handler: handler.send_error(500)
    assert set(download(server.url("/m/")).names) == set(tfjs)


def test_names_of_classes_without_a_checksum_come_over_no_open_line(server, tfjs, other_host):
    server.answers["/m/metadata.json"] = b"{}"
    url = server.url("/m/model.json", other_host)
    assert "metadata.json" not in download(url, sha256=sha256(*tfjs.values()))


NAMES = b"0 cat\n1 dog\n"


@pytest.mark.parametrize("name", ["labels.txt", "model.labels.txt"])
def test_names_of_classes_beside_a_file_come_with_it(server, name):
    server.answers[f"/{name}"] = NAMES
    assert download(server.url("/model.h5")).read(name) == NAMES


def test_what_lies_beside_a_frozen_graph_comes_with_it(server):
    server.answers |= {"/g.pb": b"\n" + bytes(100), "/g.pb.metadata.json": b"{}"}
    assert set(download(server.url("/g.pb")).names) == {"g.pb", "g.pb.metadata.json"}


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.send_error(500),
        lambda handler: handler.send_error(401),
        lambda handler: send(handler, b"", 200, Content_Length="99999999999"),
        redirect("ftp://x/"),
        b"<!doctype html><title>Not found</title>",
    ],
)
def test_servers_that_have_no_names_of_classes_are_no_failure(server, answer):
    server.answers["/labels.txt"] = answer
    assert download(server.url("/model.h5")).names == ("model.h5",)


@pytest.mark.parametrize("answer", [CONTENT, b"x" * 3000])
def test_what_are_no_names_of_classes_is_told_and_left_out(server, answer):
    server.answers["/labels.txt"] = answer
    with pytest.warns(UserWarning, match=r"labels.txt: .*; the model is loaded without"):
        assert download(server.url("/model.h5")).names == ("model.h5",)


def test_names_of_classes_that_are_gone_are_forgotten():
    with web_server() as server:
        server.answers |= {"/model.h5": CONTENT, "/labels.txt": NAMES}
        url = server.url("/model.h5")
        assert "labels.txt" in download(url).names
        del server.answers["/labels.txt"]
        assert "labels.txt" not in download(url).names
    with pytest.warns(UserWarning, match=r"is used"):
        assert "labels.txt" not in download(url).names


def test_what_came_before_serves_where_nobody_answers():
    with web_server() as server:
        server.answers |= {"/model.h5": CONTENT, "/labels.txt": NAMES, "/m/model.json": MODEL}
        server.answers["/m/metadata.json"] = b"{}"
        urls = [server.url("/model.h5"), server.url("/m/")]
        online = [download(url) for url in urls]
        other = server.url("/other.h5")
    for url, files in zip(urls, online, strict=True):
        with pytest.warns(UserWarning, match=r"got none: .*; what came from there before is used"):
            offline = download(url)
        assert set(offline.names) == set(files.names)
        assert len(offline.names) == 2
    digits = {"model.json": sha256(MODEL)}
    assert set(download(urls[1], sha256=digits).names) == {"model.json", "metadata.json"}
    with pytest.raises(HostUnreachable):
        download(other)
    wrong = pytest.raises(DownloadRefused, match=r"expected the checksum")
    with pytest.warns(UserWarning, match=r"is used"), wrong:
        download(urls[0], sha256="0" * 64)


def test_folder_is_found_without_a_slash(server, tfjs):
    listing = b"<!doctype html><title>Directory listing for /m/</title>"
    server.answers |= {"/m": redirect("/m/"), "/m/": listing}
    assert download(server.url("/m")).read("a.bin") == tfjs["a.bin"]
    server.answers["/x"] = listing
    with pytest.raises(DownloadRefused, match=r"/x: expected a model, got a web page"):
        download(server.url("/x"))


def test_part_of_a_saved_model_is_refused_before_it_is_fetched(server):
    with pytest.raises(DownloadRefused, match=r"is a folder: put the folder into a zip file"):
        download(server.url("/saved_model.pb"))
    assert server.asked == []


def test_file_on_this_machine_is_read_where_it_is(tmp_path):
    path = tmp_path / "a model.h5"
    path.write_bytes(CONTENT)
    files = download(path.as_uri(), sha256=sha256(CONTENT))
    assert files.path(path.name) == path
    with pytest.raises(DownloadRefused, match=r"expected the checksum"):
        download(path.as_uri(), sha256="0" * 64)
    with pytest.raises(DownloadRefused, match=r"expected at most 10 bytes"):
        download(path.as_uri(), max_bytes=10)


def test_file_on_another_machine_is_refused():
    with pytest.raises(DownloadRefused, match=r"expected file:///, got another machine"):
        download("file://server/share/model.h5")


NOTES = [
    {"sha256": "zz"},
    {"sha256": 5, "If-None-Match": "x"},
    {"sha256": sha256(CONTENT), "If-None-Match": 5},
    {"sha256": sha256(CONTENT), "If-None-Match": "a\r\nX: b"},
    {"sha256": sha256(CONTENT), "If-None-Match": "\u20ac"},
    {"sha256": sha256(CONTENT), "If-None-Match": {"a": "b"}},
]


@pytest.mark.parametrize("note", NOTES)
def test_note_of_the_cache_that_says_something_else_is_none(server, cache, note):
    server.answers["/v.h5"] = lambda handler: send(handler, CONTENT, ETag='"1"')
    download(server.url("/v.h5"))
    for path in (cache / "notes").iterdir():
        path.write_text(json.dumps(note))
    assert download(server.url("/v.h5")).read("v.h5") == CONTENT


@pytest.mark.parametrize("version", ["\xff\x01", "x" * 60_000, " "])
def test_version_that_cannot_be_sent_back_is_not_kept(server, version):
    server.answers["/v.h5"] = lambda handler: send(handler, CONTENT, ETag=version)
    for _ in range(2):
        assert download(server.url("/v.h5")).read("v.h5") == CONTENT
    assert not any("If-None-Match" in headers for headers in server.headers)


def test_names_of_classes_are_compared_where_they_have_a_checksum(server, tfjs, other_host):
    names = b'{"labels": ["a"]}'
    server.answers["/m/metadata.json"] = names
    sums = {name: sha256(content) for name, content in tfjs.items()}
    for host in ("127.0.0.1", other_host):
        url = server.url("/m/model.json", host)
        files = download(url, sha256={**sums, "metadata.json": sha256(names)})
        assert files.read("metadata.json") == names
        with pytest.raises(DownloadRefused, match=r"metadata.json: expected the checksum 0{64}"):
            download(url, sha256={**sums, "metadata.json": "0" * 64})


def test_names_of_classes_beside_a_file_are_compared_too(tmp_path, tfjs):
    for name, content in {**tfjs, "metadata.json": b"{}"}.items():
        (tmp_path / name).write_bytes(content)
    sums = {name: sha256(content) for name, content in tfjs.items()}
    url = (tmp_path / "model.json").as_uri()
    download(url, sha256={**sums, "metadata.json": sha256(b"{}")})
    with pytest.raises(DownloadRefused, match=r"metadata.json: expected the checksum 0{64}"):
        download(url, sha256={**sums, "metadata.json": "0" * 64})
    with pytest.raises(DownloadRefused, match=r"got one for 'c.bin'"):
        download(url, sha256={**sums, "c.bin": "0" * 64})


@pytest.mark.parametrize("path", ["%2e%2e/x.bin", "a/%2e%2e/%2E%2E/x", "%2Fetc%2Fx", "%5c..%5cx"])
def test_shard_that_is_outside_for_a_server_is_refused(server, path):
    server.answers["/m/model.json"] = model_json([path])
    with pytest.raises(ModelFormatError, match=r"inside the model's folder"):
        download(server.url("/m/model.json"))
    assert server.asked == ["/m/model.json"]


def test_checksum_for_a_file_that_no_model_names_is_refused(server, tfjs):
    sums = {name: sha256(content) for name, content in {**tfjs, "c.bin": b""}.items()}
    with pytest.raises(DownloadRefused, match=r"got one for 'c.bin'"):
        download(server.url("/m/model.json"), sha256=sums)


def test_cache_that_is_only_read_gives_what_is_in_it(server, tfjs, cache, monkeypatch):
    sums = {name: sha256(content) for name, content in tfjs.items()}
    joint = sha256(*tfjs.values())
    url = server.url("/m/model.json")
    download(url, sha256=joint)
    before = len(server.asked)

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    for expected in (joint, sums):
        assert download(url, sha256=expected).read("b.bin") == tfjs["b.bin"]
    assert len(server.asked) == before


def test_note_of_the_cache_that_tells_of_other_files_is_not_believed(server, tfjs, cache):
    joint, other = sha256(*tfjs.values()), sha256(CONTENT)
    url = server.url("/m/model.json")
    download(url, sha256=joint)
    download(server.url("/model.h5"), sha256=other)
    (folder,) = (path.parent for path in cache.rglob("model.h5"))
    (folder / "a.bin").write_bytes(CONTENT)
    for path in (cache / "notes").iterdir():
        note = json.loads(path.read_bytes())
        if "a.bin" in note:
            path.write_text(json.dumps(note | {"a.bin": other}))
    assert download(url, sha256=joint).read("a.bin") == tfjs["a.bin"]


@pytest.mark.parametrize("url", ["file:", "file://", "file:model.h5", "file://localhost"])
def test_address_of_no_file_is_refused(url):
    with pytest.raises(DownloadRefused, match=r"expected file:///"):
        download(url)


def test_cache_that_cannot_be_written_is_told(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("MARCELLE_NB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DownloadRefused, match=r"cache: expected a folder.*MARCELLE_NB_CACHE"):
        download(server.url("/model.h5"))


def _fetch_often(url, expected, results):
    contents = [download(url, sha256=expected).read("big.h5") for _ in range(10)]
    results.put({hashlib.sha256(content).hexdigest() for content in contents})


def test_processes_share_the_cache(server, cache):
    big = b"\x89HDF\r\n\x1a\n" + bytes(3_000_000)
    server.answers["/big.h5"] = big
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    arguments = [server.url("/big.h5"), sha256(big), results]
    processes = [spawn.Process(target=_fetch_often, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert found == [{sha256(big)}] * 3
    assert 1 <= len(asked(server)) <= 3
    assert len([*cache.rglob("big.h5")]) == 1
    assert [*cache.glob("partial-*")] == []
