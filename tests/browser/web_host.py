"""A folder on a web host, as any host serves it."""

from __future__ import annotations

import mimetypes
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tests.formats.web_server import send, web_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class _Files(dict[str, Any]):
    """What a server answers: the files of a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def get(self, path: str, default: Any = None) -> Any:
        file = self._folder / unquote(urlsplit(path).path).lstrip("/")
        if file.is_dir():
            file /= "index.html"
        if not file.is_file():
            return default
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return lambda handler: send(handler, file.read_bytes(), Content_Type=kind)


@contextmanager
def web_host(folder: Path) -> Iterator[str]:
    """Serve a folder; give the address of its root."""
    with web_server() as server:
        server.answers = _Files(folder)
        yield server.url("/")
