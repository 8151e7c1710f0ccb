"""What a server can do to one that fetches a file."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats import transfer as module
from marcelle_nb.formats.transfer import Transfer
from tests.eventually import eventually
from tests.formats.web_server import redirect, send, web_server

OTHER = "school.example"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with web_server() as running:
        running.answers["/m"] = b"model"
        yield running


@pytest.fixture
def named(monkeypatch):
    """Give names to addresses, which only the test knows."""
    names: dict[str, str] = {}
    resolve = socket.getaddrinfo

    def resolve_here(host, *args, **kwargs):
        return resolve(names.get(host, host), *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)
    return names


def fetch(url, folder, timeout=10.0, **options):
    return Transfer(10**7, timeout).fetch(url, folder / "got", plain=True, **options)


@pytest.mark.parametrize("content", [b"<!---->" * 24, b"<!--" * 1000, b"<!--a-->\n<html><title>x"])
def test_comments_of_a_page_are_read_at_once(server, tmp_path, content):
    server.answers["/page"] = content
    start = time.monotonic()
    with pytest.raises(DownloadRefused, match="got a web page"):
        fetch(server.url("/page"), tmp_path)
    assert time.monotonic() - start < 3


def test_titles_that_never_end_are_read_at_once(server, tmp_path):
    server.answers["/page"] = b"<!doctype html>" + b"<title" * 10_000
    start = time.monotonic()
    with pytest.raises(DownloadRefused, match="got a web page"):
        fetch(server.url("/page"), tmp_path)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "gzip, gzip", "x"])
def test_packed_answer_is_refused_for_nobody_knows_whether_it_is_whole(server, tmp_path, packing):
    packed = gzip.compress(bytes(range(256)) * 99)[:-5]
    server.answers["/p"] = lambda handler: send(handler, packed, Content_Encoding=packing)
    with pytest.raises(DownloadRefused, match=f"the file as it is, got it packed as '{packing}'"):
        fetch(server.url("/p"), tmp_path)
    server.answers["/p"] = lambda handler: send(handler, b"whole", Content_Encoding="identity")
    assert fetch(server.url("/p"), tmp_path)


def endless_continue(write):
    write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def endless_trailer(write):
    write(b"A: b\r\n" * 1000)


@pytest.mark.parametrize(
    ("start", "go_on"),
    [
        (b"", endless_continue),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
            endless_trailer,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;",
            lambda write: write(b"0" * 999),
        ),
    ],
)
def test_nobody_goes_on_reading_what_has_no_end(server, tmp_path, start, go_on):
    def answer(handler):
        handler.close_connection = True
        handler.wfile.write(start)
        while True:
            go_on(handler.wfile.write)

    server.answers["/endless"] = answer
    with pytest.raises(DownloadRefused, match=r"expected all of it within 0.3 s|connection gave"):
        fetch(server.url("/endless"), tmp_path, timeout=0.3)

    def is_over():
        return not any(each.name == "marcelle-nb download" for each in threading.enumerate())

    eventually(is_over)


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.send_error(500),
        lambda handler: handler.send_error(404),
        redirect("ftp://x/"),
        b"<!doctype html>",
        bytes(2_000),
        lambda handler: time.sleep(5),
    ],
)
def test_optional_file_is_done_without_where_it_cannot_be_had(
    server, tmp_path, answer, monkeypatch
):
    monkeypatch.setattr(module, "OPTIONAL_S", 0.5)
    server.answers["/labels.txt"] = answer
    start = time.monotonic()
    assert fetch(server.url("/labels.txt"), tmp_path, optional=True, limit=1_000) is None
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("host", ["0.0.0.0", "127.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_redirection_to_this_machine_is_refused_and_not_asked(server, named, tmp_path, host):
    named[OTHER] = "127.0.0.1"
    server.answers["/out"] = redirect(server.url("/m", host))
    with pytest.raises(DownloadRefused, match="another machine may not redirect to this one"):
        fetch(server.url("/out", OTHER), tmp_path)
    assert server.asked == ["/out"]


def test_redirection_to_a_name_that_leads_to_this_machine_is_not_asked(server, named, tmp_path):
    named.update({OTHER: "127.0.0.1", "inside.example": "127.0.0.1"})
    server.answers["/out"] = redirect(server.url("/m", "inside.example"))
    with pytest.raises(DownloadRefused, match="another machine may not redirect to this one"):
        fetch(server.url("/out", OTHER), tmp_path)
    assert server.asked == ["/out"]


def test_redirection_within_one_server_is_followed(server, named, tmp_path):
    named[OTHER] = "127.0.0.1"
    server.answers["/out"] = redirect("/m")
    assert fetch(server.url("/out", OTHER), tmp_path)


def test_redirection_that_is_read_in_two_ways_is_refused(server, tmp_path):
    server.answers["/out"] = redirect(f"http://{OTHER}:1\\@localhost/m")
    with pytest.raises(DownloadRefused, match="readers take differently"):
        fetch(server.url("/out"), tmp_path)
