"""Gives the files of published models to the user of the server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import iostream, web

from marcelle_nb.runtime.published_files import content_type, open_published

if TYPE_CHECKING:
    from typing import BinaryIO

PIECE = 256 * 1024

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' blob: data:; "
    "img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""What a page from here may do: use what lies beside it, nothing of anybody else's."""


class Models(JupyterHandler):
    """Answers `GET <base_url>marcelle-nb/models/<name>/<file>`.

    Both are looked up among what kernels of the server's user have published; nothing that a
    request names is taken for a path, an address or a store.
    """

    auth_resource = "marcelle_nb"

    def get_login_url(self) -> str:
        """Send a reader of a page to the login; refuse programs, which could not log in there."""
        if not self.request.path.endswith(".html"):
            raise web.HTTPError(403)
        return str(super().get_login_url())

    @property
    def content_security_policy(self) -> str:
        """The policy of pages from here."""
        return POLICY

    @web.authenticated
    @authorized
    async def get(self, name: str, file: str) -> None:
        """Send a file."""
        await self._send(name, file, with_body=True)

    @web.authenticated
    @authorized
    async def head(self, name: str, file: str) -> None:
        """Say how large a file is, and of which version."""
        await self._send(name, file, with_body=False)

    async def _send(self, name: str, file: str, *, with_body: bool) -> None:
        opened = open_published(name, file)
        if opened is None:
            raise web.HTTPError(404)
        with os.fdopen(opened, "rb") as source:
            status = os.fstat(opened)
            self.set_header("Content-Type", str(content_type(file)))
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("Referrer-Policy", "no-referrer")
            self.set_header("Cache-Control", "private, no-cache")
            tag = f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"
            self.set_header("Etag", f'"{tag}"')
            if self.check_etag_header():
                self.set_status(304)
                return
            self.set_header("Content-Length", str(status.st_size))
            if with_body:
                await self._stream(source)

    async def _stream(self, source: BinaryIO) -> None:
        while piece := source.read(PIECE):
            self.write(piece)
            try:
                await self.flush()
            except iostream.StreamClosedError:  # nobody listens any more
                return
