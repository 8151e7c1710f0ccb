"""A file inside a zip archive, unpacked when it is asked for and not before."""

from __future__ import annotations

import io
import shutil
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.file_names import is_clutter, safe_name

if TYPE_CHECKING:
    from collections.abc import Iterator

_KERAS = {"config.json", "model.weights.h5"}
"""What a `.keras` file holds: it is an archive itself, and read as one file."""

_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Others are unpacked whole whatever is asked for: half a kilobyte may become a gigabyte."""

_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,  # encrypted
    ValueError,
)


@dataclass(frozen=True)
class ArchiveMember:
    """One file in an archive.

    An archive of a few kilobytes may unpack to gigabytes; so a member is unpacked when it is read,
    by which time its size was compared with what it should be.

    Attributes
    ----------
    archive : Path or bytes
    info : zipfile.ZipInfo
    """

    archive: Path | bytes
    info: zipfile.ZipInfo

    @property
    def size(self) -> int:
        """Bytes when unpacked, as declared; no more than these are ever read."""
        return self.info.file_size

    def read(self, count: int = -1) -> bytes:
        """Unpack, the first `count` bytes alone if that is given."""
        with self._opened() as file:
            # never without a number: all that is packed would be unpacked, then cut
            return file.read(self.size if count < 0 else count)

    def write_to(self, path: Path) -> None:
        """Unpack into a file."""
        with self._opened() as file, path.open("wb") as target:
            shutil.copyfileobj(file, target)

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        with (
            _readable(self.info.filename),
            zipfile.ZipFile(_place(self.archive)) as archive,
            archive.open(self.info) as file,
        ):
            yield file


def archive_members(
    archive: Path | bytes, what: str, *, max_files: int, max_bytes: int
) -> dict[str, ArchiveMember]:
    """List an archive's files by name.

    Raises
    ------
    ModelFormatError
        If it cannot be read, declares more files or bytes than allowed, has a name twice, or one
        that leaves the archive; or if it is packed in a rare way.
    """
    with _readable(what), zipfile.ZipFile(_place(archive)) as opened:
        infos = [info for info in opened.infolist() if not info.is_dir()]
    total = sum(info.file_size for info in infos)
    if total > max_bytes or len(infos) > max_files:
        raise ModelFormatError(
            f"{what}: expected at most {max_bytes:,} bytes in {max_files:,} files, "
            f"got {total:,} in {len(infos):,}"
        )
    members: dict[str, ArchiveMember] = {}
    for info in infos:
        name = safe_name(info.filename)
        if info.compress_type not in _PACKINGS:
            raise ModelFormatError(
                f"{what}: expected files packed by deflate or not at all, got {name!r:.100} packed "
                f"in the way number {info.compress_type}"
            )
        if name in members:
            raise ModelFormatError(f"{what}: expected each file once, got {name!r} twice")
        if not is_clutter(name):
            members[name] = ArchiveMember(archive, info)
    return members


def is_archive(content: Path | bytes) -> bool:
    """Tell an archive of a model's files from one file, which may be a zip file inside."""
    with _file(content) as file:
        if file.read(2) != b"PK" or not zipfile.is_zipfile(file):
            return False
        try:
            with zipfile.ZipFile(file) as archive:
                return not set(archive.namelist()) >= _KERAS
        except _ERRORS:
            return True  # whoever lists its members says what is wrong


@contextmanager
def _readable(what: str) -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        raise ModelFormatError(f"{what}: expected a readable zip archive, got {error}") from error


def _place(content: Path | bytes) -> Path | IO[bytes]:
    return content if isinstance(content, Path) else io.BytesIO(content)


def _file(content: Path | bytes) -> IO[bytes]:
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
