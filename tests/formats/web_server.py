"""A web server on this machine that answers as a test says."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = bytes | Callable[[BaseHTTPRequestHandler], None]


class WebServer(ThreadingHTTPServer):
    """Answers with bytes, or lets a function answer; what was asked is in `asked`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def handle_error(self, request, client_address):
        """Stay silent: clients that go away are what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: WebServer

    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.headers.append(dict(self.headers))
        answer = self.server.answers.get(self.path)
        if answer is None:
            self.send_error(404)
        elif isinstance(answer, bytes):
            send(self, answer)
        else:
            answer(self)

    def log_message(self, *args):
        pass


def send(handler, content, status=200, **headers):
    """Answer with a status, headers (`_` for `-`) and content."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if "Content_Length" not in headers:
        handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def redirect(target, status=302):
    """Give an answer that sends the client elsewhere."""
    return lambda handler: send(handler, b"", status, Location=target)


@contextmanager
def web_server() -> Iterator[WebServer]:
    """Run a server in a thread."""
    server = WebServer()
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
