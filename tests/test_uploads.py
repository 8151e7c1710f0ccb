"""Large files that a page hands to a Jupyter server, for a kernel that shares its disk."""

import http.client
import json
import os
import socket
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest

from marcelle_nb.runtime.running_servers import running_server
from marcelle_nb.runtime.upload_offer import UploadOffer
from tests.eventually import eventually
from tests.extension_server import TOKEN, USER, ask, extension_server
from tests.kernel_place import kernel_place


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def base_url(home):
    with extension_server(home) as address:
        yield address


@pytest.fixture
def kernel(home, base_url, monkeypatch):
    """Be a kernel of the server; gives the folder in which they meet."""
    with kernel_place(home / "runtime", monkeypatch) as place:
        yield place


def left_at(kernel, offer):
    """Wait until the server has removed halves; name what is there."""
    (place,) = kernel.glob(f"kernel-*/uploads/{offer.nonce}")
    eventually(lambda: not (place / "part").exists())
    return [it.name for it in place.iterdir()]


def put_chunks(base_url, path, *sizes):
    """Send pieces of an unknown whole, none after one that is refused; give status and body."""
    address = urlsplit(base_url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        head = f"PUT {address.path}{path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        head += f"Authorization: token {TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        for size in sizes[:-1]:
            connection.sendall(f"{size:x}\r\n{'x' * size}\r\n".encode())
        connection.sendall(f"{sizes[-1]:x}\r\n".encode())
        if sum(sizes) <= 1000:  # else the number alone is refused
            connection.sendall(f"{'x' * sizes[-1]}\r\n0\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection, method="PUT")
        answer.begin()
        return answer.status, answer.read()


def test_an_upload_is_streamed_to_the_kernel_that_offers_a_place(base_url, kernel):
    data = np.random.default_rng(0).bytes(3_000_000)
    offer = UploadOffer(len(data))
    path = f"marcelle-nb/uploads/{offer.nonce}"
    assert json.loads(ask(base_url, path, **USER)[2]) == {"size": len(data)}
    status, _, body = ask(base_url, path, "PUT", data, **USER)
    assert status == 200
    assert ask(base_url, path, "PUT", data, **USER)[0] == 409
    assert offer.take(json.loads(body)["sha256"]) == data
    assert ask(base_url, path, **USER)[0] == 404


def test_an_upload_is_refused_that_nobody_offered_or_that_is_of_another_size(base_url, kernel):
    offer = UploadOffer(1000)
    path = f"marcelle-nb/uploads/{offer.nonce}"
    for other in ("0" * 64, "..", "%2e%2e", offer.nonce.upper(), offer.nonce + "%00"):
        for method in ("GET", "PUT"):
            status, _, _ = ask(base_url, f"marcelle-nb/uploads/{other}", method, b"", **USER)
            assert status in (400, 404)
    assert ask(base_url, path, "PUT", b"x" * 1000)[0] == 403  # without a login
    assert ask(base_url, path)[0] == 403
    for size in (999, 1001, 0):
        assert ask(base_url, path, "PUT", b"x" * size, **USER)[0] == 413
    assert put_chunks(base_url, path, 600, 401)[0] == 400
    assert put_chunks(base_url, path, 600, 399)[0] == 400
    assert left_at(kernel, offer) == ["offer.json"]
    assert put_chunks(base_url, path, 600, 400)[0] == 200
    offer.close()


def test_an_upload_needs_the_token_of_the_page_where_a_cookie_logs_in(base_url, kernel):
    offer = UploadOffer(4)
    path = f"marcelle-nb/uploads/{offer.nonce}"
    cookie = _cookies(base_url)
    assert ask(base_url, path, Cookie=cookie)[0] == 200
    assert ask(base_url, path, "PUT", b"abcd", Cookie=cookie)[0] == 403
    xsrf = next(part[6:] for part in cookie.split("; ") if part.startswith("_xsrf="))
    answer = ask(base_url, path, "PUT", b"abcd", Cookie=cookie, **{"X-XSRFToken": xsrf})
    assert answer[0] == 200
    offer.close()


def _cookies(base_url):
    """Log in as a page does; give the cookies, that of the page's own token among them."""
    cookies: list[str] = []
    for path in (f"tree?token={TOKEN}", "login"):
        address = urlsplit(base_url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
        connection.request("GET", address.path + path, headers={"Cookie": "; ".join(cookies)})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        news = [text for key, text in answer.getheaders() if key == "Set-Cookie"]
        cookies += [text.partition(";")[0] for text in news]
    return "; ".join(cookies)


@contextmanager
def small_disk(process, size):
    """Let another process write no file of more than so many bytes."""
    resource = pytest.importorskip("resource")
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits other processes")
def test_a_page_is_told_that_the_disk_is_full(base_url, kernel):
    server = running_server()
    assert server is not None
    offer = UploadOffer(3_000_000)
    path = f"marcelle-nb/uploads/{offer.nonce}"
    with small_disk(server.process, 1_000_000):
        status, _, body = ask(base_url, path, "PUT", bytes(3_000_000), **USER)
    assert status == 507
    assert "disk is full" in json.loads(body)["message"]
    assert left_at(kernel, offer) == ["offer.json"]
    assert ask(base_url, path, "PUT", bytes(3_000_000), **USER)[0] == 200


def test_an_offer_that_cannot_be_read_is_not_there(base_url, kernel):
    offer = UploadOffer(4)
    path = f"marcelle-nb/uploads/{offer.nonce}"
    (told_at,) = kernel.glob(f"kernel-*/uploads/{offer.nonce}/offer.json")
    told_at.write_bytes(b"{broken")
    assert ask(base_url, path, **USER)[0] == 404
    assert ask(base_url, path, "PUT", b"abcd", **USER)[0] == 404
    offer.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", ["part", "data"])
def test_something_that_is_there_already_is_not_written_to(base_url, kernel, name):
    offer = UploadOffer(4)
    (told_at,) = kernel.glob(f"kernel-*/uploads/{offer.nonce}/offer.json")
    os.mkfifo(told_at.with_name(name))
    path = f"marcelle-nb/uploads/{offer.nonce}"
    assert ask(base_url, path, "PUT", b"abcd", **USER)[0] == 409
    offer.close()


def test_an_upload_whose_offer_is_taken_back_meanwhile_is_not_there(base_url, kernel):
    offer = UploadOffer(8)
    address = urlsplit(base_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
    connection.putrequest("PUT", f"{address.path}marcelle-nb/uploads/{offer.nonce}")
    for key, value in {**USER, "Content-Length": "8"}.items():
        connection.putheader(key, value)
    connection.endheaders(b"half")
    eventually(lambda: [*kernel.glob(f"kernel-*/uploads/{offer.nonce}/part")])
    offer.close()
    connection.send(b"half")
    assert connection.getresponse().status == 404
    connection.close()
