"""A folder that is written whole or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.data.replaced_file import place_beside, sync_content, sync_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@contextmanager
def replaced_folder(folder: Path | str, *, last: str, stale: Sequence[str] = ()) -> Iterator[Path]:
    """Give an empty folder to write into, whose files take their place when all are written.

    When it returns, they are on disk under their names.

    Parameters
    ----------
    folder : path
        Where they belong. It is made where it is not there; other files in it stay.
    last : str
        The file without which the others are nothing: it is put there after them.
    stale : sequence of str
        Patterns of names: what an earlier writing left there goes. Without the file `last` there
        was none, and files with such names are somebody else's.

    Raises
    ------
    NotADirectoryError
        If there is a file of that name, or a link in place of a folder inside.
    OSError
        If the files cannot take their place; what was there is as it was.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"target: expected a folder, got the file {str(folder)!r}")
    # inside of what is there: it may be a link to another disk, or a disk itself
    with place_beside(folder / last if folder.exists() else folder) as made:
        new = made / "new"
        new.mkdir()
        yield new
        for path in new.rglob("*"):
            if path.is_file():
                sync_content(path)
        if folder.exists():
            _exchange(new, folder, made / "old", last, stale)
        else:
            _sync_all(path for path in [new, *new.rglob("*")] if path.is_dir())
            new.rename(folder)
            sync_names(folder.parent)


def _exchange(new: Path, folder: Path, old: Path, last: str, stale: Sequence[str]) -> None:
    """Put files where others are; all of those come back where one cannot take its place."""
    written = [path.relative_to(new) for path in sorted(new.rglob("*")) if path.is_file()]
    for parent in {parent for path in written for parent in path.parents}:
        if parent.parts and (folder / parent).is_symlink():  # it may lead to somebody else's files
            raise NotADirectoryError(
                f"target: expected a folder {parent.as_posix()!r} in {str(folder)!r}, got a link"
            )
    patterns = stale if (folder / last).is_file() else ()
    going = {path.relative_to(folder) for pattern in patterns for path in folder.glob(pattern)}
    going = {path for path in going.union(written) if (folder / path).is_file()}
    out = [(folder / path, old / path) for path in sorted(going)]
    into = [(new / path, folder / path) for path in written]
    # without its last file the folder is no model, rather than a mixture of two
    steps = (
        [it for it in out if it[0].name == last],
        [it for it in out + into if it[0].name != last],
        [it for it in into if it[0].name == last],
    )
    touched = {folder / parent for path in going.union(written) for parent in path.parents}
    moved: list[tuple[Path, Path]] = []
    try:
        for step in steps:
            for source, target in step:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)
                moved.append((source, target))
            _sync_all(touched)  # a disk may keep what was done in another order
    except BaseException:
        for source, target in reversed(moved):
            target.replace(source)
        _sync_all(touched)  # before what is left beside is deleted
        raise


def _sync_all(folders: Iterable[Path]) -> None:
    for folder in folders:
        sync_names(folder)
