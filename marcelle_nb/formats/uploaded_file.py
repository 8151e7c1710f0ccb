"""What a notebook, a page or a script hands over as a file, made into a name and its content."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def uploaded_file(given: Any, default: str, limit: int) -> tuple[str, bytes | Path]:
    """Give the name and content of one file, or where it lies.

    Parameters
    ----------
    given : path, bytes, binary file, (name, bytes), or mapping with "name" and "content"
        The last is what the upload widget of ipywidgets gives.
    default : str
        A name for what has none.
    limit : int
        One more byte than this is read from an open file, and no more.

    Raises
    ------
    TypeError
        If it is none of these, or a file that was opened as text.
    """
    if isinstance(given, str | os.PathLike):
        return Path(given).name, Path(given)
    if isinstance(given, bytes | bytearray | memoryview):
        return default, bytes(given)
    if hasattr(given, "read"):
        name = getattr(given, "name", None)
        given = (_bare(name) if isinstance(name, str) else default, given.read(limit + 1))
    if isinstance(given, Mapping):
        given = (given.get("name"), given.get("content"))
    if isinstance(given, tuple | list) and len(given) == 2:
        name, content = given
        if isinstance(name, str) and isinstance(content, Path):
            return name, content
        if isinstance(name, str) and isinstance(content, bytes | bytearray | memoryview):
            return name, bytes(content)
        if isinstance(content, str):
            raise TypeError(f"{name}: expected a file opened with mode 'rb', got text")
    raise TypeError(f"file: expected a path, a binary file or (name, bytes), got {given!r:.100}")


def _bare(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
