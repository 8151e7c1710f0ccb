"""A place in the kernel's folder where the server may put one large file of a page."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from marcelle_nb.errors import MessageRejected
from marcelle_nb.runtime.held_place import KERNEL, kernel_place, places
from marcelle_nb.runtime.opened_file import open_file, read_told
from marcelle_nb.runtime.running_servers import running_server
from marcelle_nb.runtime.runtime_folder import MODE, runtime_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

DATA, PART = "data", "part"
"""What the server has written, and what it is writing."""

_UPLOADS, _TOLD = "uploads", "offer.json"
_NONCE = re.compile(r"[0-9a-f]{64}")


class UploadOffer:
    """The kernel's end: a folder with a secret name, which only a server that shares it can find.

    Parameters
    ----------
    size : int
        Bytes that the file is to have.

    Attributes
    ----------
    nonce : str
        The secret, for the page to ask its server for.

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, size: int) -> None:
        self.nonce = secrets.token_hex(32)
        self._size = size
        place = kernel_place()
        self._root, self._folders = place.parent, (place.name, _UPLOADS, self.nonce)
        self._path = self._root.joinpath(*self._folders)
        self._path.parent.mkdir(MODE, exist_ok=True)
        self._path.mkdir(MODE)
        write_private(self._path / _TOLD, json.dumps({"size": size}).encode())

    @classmethod
    def made(cls, size: int) -> UploadOffer | None:
        """Make one where a server with the extension runs; None where it could not be found."""
        try:
            return None if running_server() is None else cls(size)
        except OSError:  # the file comes in pieces then
            return None

    def was_written(self, within_s: float) -> bool:
        """Tell whether the server has written to it in the last seconds."""
        for name in (PART, DATA):
            with suppress(OSError):  # it has not begun, or is done
                if (self._path / name).stat().st_mtime > time.time() - within_s:
                    return True
        return False

    def take(self, sha256: str) -> bytes:
        """Read what the server has put there, and remove it.

        Parameters
        ----------
        sha256 : str
            What the server says that it has written.

        Raises
        ------
        MessageRejected
            If there is nothing, or something else.
        """
        try:
            return self._read(sha256)
        finally:
            self.close()

    def _read(self, sha256: str) -> bytes:
        opened = open_file(self._root, self._folders, DATA)
        if opened is None:
            raise MessageRejected("upload: expected a file from the server, got none")
        with os.fdopen(opened, "rb") as file:
            if os.fstat(opened).st_size != self._size:
                raise MessageRejected(
                    f"upload: expected {self._size:,} bytes, got {os.fstat(opened).st_size:,}"
                )
            content = file.read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise MessageRejected("upload: expected what the server got, got something else")
        return content

    def close(self) -> None:
        """Take the offer back, with what was put there."""
        shutil.rmtree(self._path, ignore_errors=True)


def find_offer(nonce: str) -> tuple[Path, tuple[str, ...], int] | None:
    """Find, as the server, the folder that a living kernel of this user offers.

    Returns
    -------
    (Path, tuple of str, int), or None
        The runtime folder, the folders in it that lead there, and how many bytes are expected.
    """
    if not _NONCE.fullmatch(nonce):
        return None
    root = runtime_folder()
    for place in places(root, KERNEL):
        folders = (place.name, _UPLOADS, nonce)
        opened = open_file(root, folders, _TOLD)
        if opened is not None:
            with os.fdopen(opened, "rb") as file, suppress(OSError):
                size = read_told(file).get("size")
                if isinstance(size, int) and size > 0:
                    return root, folders, size
    return None
