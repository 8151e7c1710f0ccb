"""The files of one model, wherever they come from, read with limits and never outside a folder."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.archive_member import ArchiveMember, archive_members, is_archive
from marcelle_nb.formats.file_names import safe_name
from marcelle_nb.formats.folder_listing import is_file, is_within, listed, walked
from marcelle_nb.formats.uploaded_file import uploaded_file

MAX_BYTES = 2**31
"""Files larger than this together are no model for a classroom, and no graph holds more."""

MAX_FILES = 10_000

Content = bytes | Path | ArchiveMember


class ModelFiles:
    """The files of one model by relative name, with `/` between folders.

    Parameters
    ----------
    files : mapping of str to bytes, Path or ArchiveMember
        Each file's content, or where it lies.
    main : str, optional
        The file that was named, beside which others are looked for. None for a folder, an archive
        or a set of files.
    origin : str
        What messages call all of them.
    root : Path, optional
        A folder in which other files are looked up when they are asked for. It is not listed: it
        may be anybody's downloads.

    Raises
    ------
    ModelFormatError
        If a name leaves the folder, or there are more bytes or files than a model has.

    Notes
    -----
    Thread: any. Files that had to be written to disk for a library are removed with this object.
    """

    def __init__(
        self,
        files: Mapping[str, Content],
        main: str | None = None,
        origin: str = "model",
        root: Path | None = None,
    ) -> None:
        # a file that the user named may be called anything
        self._files = {n if n == main else safe_name(n): files[n] for n in files}
        self.main = main
        self.origin = origin
        self._root = root
        self._spool: Path | None = None
        self._lock = threading.Lock()
        total = sum(len(content) for content in files.values() if isinstance(content, bytes))
        if len(self._files) > MAX_FILES or total > MAX_BYTES:
            raise ModelFormatError(
                f"{origin}: expected at most {MAX_BYTES:,} bytes in {MAX_FILES:,} files, "
                f"got {total:,} in {len(self._files):,}"
            )

    @classmethod
    def open(cls, source: Any) -> ModelFiles:
        """Open a path (a file, a folder or a zip archive), or files as an upload brings them.

        Parameters
        ----------
        source : path, or iterable of paths, binary files and (name, bytes)
            Beside a single file that is named by its path, others come into view when they are
            asked for by name. The order of several does not matter.

        Raises
        ------
        FileNotFoundError
            If there is nothing at the path.
        ModelFormatError
            If an archive cannot be read, or there is too much in it.
        TypeError
            If something is neither a path nor a file.
        """
        if isinstance(source, ModelFiles):
            return source
        if isinstance(source, str | os.PathLike):
            if not os.fspath(source):  # it would be the folder that Python was started in
                raise FileNotFoundError("model: expected a file or folder, got ''")
            return cls._from_path(Path(source))
        if isinstance(source, Mapping):
            source = source.items()
        is_pair = isinstance(source, tuple) and [*map(type, source)] == [str, bytes]
        if is_pair or isinstance(source, bytes | bytearray) or hasattr(source, "read"):
            source = [source]
        if not isinstance(source, Iterable):
            raise TypeError(f"model: expected a path or files, got {source!r:.100}")
        return cls._from_uploads(source)

    @classmethod
    def _from_path(cls, path: Path) -> ModelFiles:
        if path.is_dir():
            return cls(listed(path, MAX_FILES), origin=path.resolve().name, root=path)
        if not path.is_file():
            raise FileNotFoundError(f"model: expected a file or folder, got {str(path)!r}")
        if path.name == "saved_model.pb":  # nothing without the folder around it
            folder = path.absolute().parent
            return cls(listed(folder, MAX_FILES), main=path.name, origin=folder.name, root=folder)
        if is_archive(path):
            return cls._from_archive(path, path.name)
        return cls({path.name: path}, main=path.name, origin=path.name, root=path.parent)

    @classmethod
    def _from_uploads(cls, source: Iterable[Any]) -> ModelFiles:
        files: dict[str, Content] = {}
        for number, given in enumerate(source, start=1):
            given_name, content = uploaded_file(given, f"file-{number}", MAX_BYTES)
            name = safe_name(given_name)
            if name in files:
                raise ModelFormatError(f"files: expected each name once, got {name!r} twice")
            files[name] = content
        if not files:
            raise ModelFormatError("model: expected at least one file, got none")
        if len(files) > 1:
            return cls(files, origin=", ".join([*files][:3]))
        if isinstance(content, Path):
            return cls._from_path(content)
        if is_archive(content):
            return cls._from_archive(content, name)
        return cls(files, main=name, origin=name)

    @classmethod
    def _from_archive(cls, content: Path | bytes, name: str) -> ModelFiles:
        members = archive_members(content, name, max_files=MAX_FILES, max_bytes=MAX_BYTES)
        return cls(members, origin=name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files that are in view; beside a single file, not those next to it."""
        return tuple(self._files)

    def __contains__(self, name: str) -> bool:
        return self._looked_up(name) is not None

    def size(self, name: str) -> int:
        """Give a file's size in bytes."""
        content = self._find(name)
        if isinstance(content, bytes):
            return len(content)
        return content.stat().st_size if isinstance(content, Path) else content.size

    def modified(self, name: str) -> float | None:
        """Give the time when a file on disk was written, in seconds; None for others."""
        content = self._find(name)
        return content.stat().st_mtime if isinstance(content, Path) else None

    def read(self, name: str, limit: int = MAX_BYTES) -> bytes:
        """Read a whole file of at most `limit` bytes."""
        size = self.size(name)
        if size > limit:
            raise ModelFormatError(f"{name}: expected at most {limit:,} bytes, got {size:,}")
        return self.start(name, size)

    def start(self, name: str, count: int) -> bytes:
        """Read the first `count` bytes of a file, or all of it where there are fewer."""
        content = self._find(name)
        if isinstance(content, bytes):
            return content[:count]
        if isinstance(content, Path):
            with content.open("rb") as file:
                return file.read(count)
        return content.read(count)

    def beside(self, main: str, path: str) -> str:
        """Give the name of a file that `main` refers to by a path relative to itself.

        Raises
        ------
        ModelFormatError
            If the path is absolute or leaves the folder, or there is no such file.
        """
        name = safe_name(path)
        folder = PurePosixPath(main).parent
        if folder.parts:
            name = f"{folder}/{name}"
        if name in self:
            return name
        # an upload has no folders: the browser gives the bare names of the files
        bare = PurePosixPath(name).name
        if self._root is None and bare in self and not any("/" in known for known in self._files):
            return bare
        raise self._missing(name, f"{main}: expected the file {path!r:.200} beside it")

    def path(self, name: str) -> Path:
        """Give a real file, for libraries that only read those; it lives as long as this object."""
        content = self._find(name)
        return content if isinstance(content, Path) else self._spooled(name)

    def folder(self, name: str = "") -> Path:
        """Give a real folder that holds all files below `name`, each a plain file.

        Raises
        ------
        ModelFormatError
            If there is none, or a link in it leaves the folder.
        """
        if self._root is not None and (place := self._root / name).is_dir():
            for path in walked(place):
                if not is_within(path, self._root):
                    raise ModelFormatError(f"{path.name}: expected a file, got a link that leaves")
            return place
        wanted = [known for known in self._files if known.startswith(f"{name}/" if name else "")]
        if not wanted:
            raise ModelFormatError(f"{self.origin}: expected a folder {name!r}, got none")
        for known in wanted:
            path = self._spooled(known)
        return path.parents[known.count("/")] / name

    def inside(self, name: str) -> ModelFiles:
        """Give the files below a folder, named from there."""
        prefix = f"{name}/"
        files = {n.removeprefix(prefix): c for n, c in self._files.items() if n.startswith(prefix)}
        root = None if self._root is None else self._root / name
        return ModelFiles(files, origin=name, root=root)

    def _find(self, name: str) -> Content:
        content = self._looked_up(name)
        if content is None:
            raise self._missing(name, f"{self.origin}: expected the file {name!r}")
        return content

    def _looked_up(self, name: str) -> Content | None:
        content = self._files.get(name)
        if content is None and self._root is not None:
            path = self._root / safe_name(name)
            if is_file(path) and is_within(path, self._root):
                content = self._files[name] = path
        return content

    def _missing(self, name: str, expectation: str) -> ModelFormatError:
        is_link = self._root is not None and is_file(self._root / name)
        return ModelFormatError(
            f"{expectation}, got {'a link that leaves the folder' if is_link else 'none'}"
        )

    def _spooled(self, name: str) -> Path:
        with self._lock:
            if self._spool is None:
                self._spool = Path(tempfile.mkdtemp(prefix="marcelle-nb-"))
                weakref.finalize(self, shutil.rmtree, self._spool, ignore_errors=True)
            path = self._spool / safe_name(name)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(self._find(name), path)
        return path


def _write(content: Content, path: Path) -> None:
    if isinstance(content, ArchiveMember):
        content.write_to(path)
    elif isinstance(content, Path):
        shutil.copyfile(content, path)
    else:
        path.write_bytes(content)
