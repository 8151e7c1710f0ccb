"""A folder that is written whole or not at all."""

from __future__ import annotations

import fnmatch
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def replaced_folder(folder: Path | str, *, last: str, stale: Sequence[str] = ()) -> Iterator[Path]:
    """Give an empty folder to write into, whose files take their place when all are written.

    Parameters
    ----------
    folder : path
        Where they belong. It is made where it is not there; other files in it stay.
    last : str
        The file without which the others are nothing: it is put there after them.
    stale : sequence of str
        Patterns of names: what an earlier writing left there goes.

    Raises
    ------
    NotADirectoryError
        If there is a file of that name.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"target: expected a folder, got the file {str(folder)!r}")
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder.parent) as made:
        new = Path(made) / "new"
        new.mkdir()
        yield new
        written = [path.relative_to(new) for path in sorted(new.rglob("*")) if path.is_file()]
        if not folder.exists():
            new.rename(folder)
            return
        # without its last file the folder is no model, rather than a mixture of two
        (folder / last).unlink(missing_ok=True)
        for path in [*folder.rglob("*")]:
            name = path.relative_to(folder).as_posix()
            if path.is_file() and any(fnmatch.fnmatchcase(name, pattern) for pattern in stale):
                path.unlink()
        for path in sorted(written, key=lambda path: path.name == last):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).replace(folder / path)
