"""Takes a large file from a page for a kernel that shares the server's runtime folder."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from marcelle_nb.runtime.opened_file import create_file
from marcelle_nb.runtime.upload_offer import DATA, PART, find_offer

if TYPE_CHECKING:
    from pathlib import Path


@web.stream_request_body
class Uploads(APIHandler):
    """Answers `GET` and `PUT <base_url>marcelle-nb/uploads/<nonce>`.

    A kernel has made a folder with the nonce as its name: whoever finds it is on the same machine,
    or shares its disk. `GET` says whether that is so; `PUT` streams a file there, of exactly as
    many bytes as the kernel expects.
    """

    auth_resource = "marcelle_nb"

    def initialize(self) -> None:
        """Begin with nothing open."""
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._size = self._received = 0
        self._digest = hashlib.sha256()
        self._failure: OSError | None = None

    async def prepare(self) -> None:  # type: ignore[override]  # as in `APIHandler`
        """Refuse what would be refused, before any of it is written."""
        await super().prepare()
        if self.request.method == "PUT" and not self._finished:
            await self._open()

    async def _open(self) -> None:
        user = self.current_user
        allowed = user and self.authorizer.is_authorized(self, user, "write", self.auth_resource)
        if hasattr(allowed, "__await__"):
            allowed = await allowed
        if not allowed:
            raise web.HTTPError(403)
        root, folders, self._size = self._offer(self.path_args[0])
        told = self.request.headers.get("Content-Length", "")
        if told.isdecimal() and int(told) != self._size:
            raise web.HTTPError(413, f"expected {self._size} bytes, got {int(told)}")
        if root.joinpath(*folders, DATA).exists():
            raise web.HTTPError(409)
        self.request.connection.set_max_body_size(self._size)  # type: ignore[union-attr]
        try:
            self._file = os.fdopen(create_file(root, folders, PART), "wb")
        except FileExistsError as error:
            raise web.HTTPError(409) from error
        except FileNotFoundError as error:  # the kernel has just taken the offer back
            raise web.HTTPError(404) from error
        except OSError as error:
            raise _full(error) from error
        self._path = root.joinpath(*folders)

    def data_received(self, chunk: bytes) -> None:
        """Write a piece; `put` tells of a failure, as nothing can be answered here."""
        if self._file is None:
            return
        try:
            self._file.write(chunk)
        except OSError as error:
            self._failure = error
            self._drop()
            return
        self._received += len(chunk)
        self._digest.update(chunk)

    @web.authenticated
    @authorized
    def get(self, nonce: str) -> None:
        """Say that the folder is there, and how large a file it is for."""
        self.finish(json.dumps({"size": self._offer(nonce)[2]}))

    @web.authenticated
    @authorized
    def put(self, nonce: str) -> None:  # noqa: ARG002 - `prepare` has looked at it
        """End a file; answer with its checksum."""
        if self._failure is not None:
            raise _full(self._failure)
        if self._file is None or self._path is None or self._received != self._size:
            self._drop()
            raise web.HTTPError(400, f"expected {self._size} bytes, got {self._received}")
        try:
            self._file.close()
            (self._path / PART).replace(self._path / DATA)
        except FileNotFoundError as error:  # the kernel has taken the offer back
            self._drop()
            raise web.HTTPError(404) from error
        except OSError as error:
            self._drop()
            raise _full(error) from error
        self._file = None
        self.finish(json.dumps({"sha256": self._digest.hexdigest()}))

    def _offer(self, nonce: str) -> tuple[Any, ...]:
        found = find_offer(nonce)
        if found is None:
            raise web.HTTPError(404)
        return found

    def on_finish(self) -> None:
        """Leave no half of a file."""
        self._drop()
        super().on_finish()

    def on_connection_close(self) -> None:
        """Leave no half of a file where the page went away."""
        self._drop()
        super().on_connection_close()

    def _drop(self) -> None:
        if self._file is not None and self._path is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                (self._path / PART).unlink()
        self._file = None


def _full(error: OSError) -> web.HTTPError:
    return web.HTTPError(507, f"the disk is full, or cannot be written: {error.strerror}")
