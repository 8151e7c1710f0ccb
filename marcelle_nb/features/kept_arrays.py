"""Arrays that a training keeps on disk: written at once, and refused by name where damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.replaced_file import replaced_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def write_array(path: Path, rows: NDArray[Any]) -> None:
    """Write one array, which takes the place of the file when it is complete.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with replaced_file(path) as beside, beside.open("wb") as file:
        np.save(file, rows)


def write_arrays(path: Path, named: dict[str, Any]) -> None:
    """Write arrays by name, as `write_array` writes one."""
    with replaced_file(path) as beside, beside.open("wb") as file:
        np.savez(file, **named)


def read_array(path: Path, what: str, advice: str) -> NDArray[Any]:
    """Give an array as it lies on disk, from where it is read when it is used.

    Parameters
    ----------
    path : Path
        What `write_array` wrote.
    what : str
        What the file is expected to be, for the message.
    advice : str
        What to do where it is something else.

    Raises
    ------
    ValueError
        If it is no such file.
    OSError
        If it cannot be read.
    """
    path.open("rb").close()  # what fails from here on is the content
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # of ten types, from the parser of headers to the decompressors
        raise _damaged(path, what, advice, error) from error
    if not isinstance(rows, np.ndarray):
        rows.close()
        raise _damaged(path, what, advice, "several arrays")
    return rows


def read_arrays(path: Path, what: str, advice: str) -> dict[str, NDArray[Any]]:
    """Give all arrays that `write_arrays` wrote, by name; see `read_array`."""
    with path.open("rb") as raw:
        try:
            with np.load(raw, allow_pickle=False) as file:  # a single array is no context
                return {name: file[name] for name in file.files}
        except Exception as error:
            raise _damaged(path, what, advice, error) from error


def _damaged(path: Path, what: str, advice: str, got: object) -> ValueError:
    return ValueError(f"{path}: expected {what}, got another or a damaged file ({got}); {advice}")
