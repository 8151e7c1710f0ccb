"""The folder of Jupyter's runtime directory in which kernels and servers meet."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

MODE = 0o700
"""Of every folder here: for its user alone."""

_REPLACES_OPEN = os.name != "nt"
"""Whether a file can take the place of one that is open; on Windows it waits until that is read."""
_TRIES, _WAIT_S = 20, 0.05


def runtime_folder() -> Path:
    """Say where the folder is, for kernels and servers of this user, whether or not it is there."""
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir()) / "marcelle-nb"


def made_runtime_folder() -> Path:
    """Make the folder where there is none, for its user alone.

    Raises
    ------
    OSError
        If it cannot be made.
    PermissionError
        If there is a link in its place, or a folder of somebody else's.
    """
    folder = runtime_folder()
    folder.parent.mkdir(MODE, parents=True, exist_ok=True)
    folder.mkdir(MODE, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or not is_own(status):
        raise PermissionError(
            f"runtime folder: expected a folder of your own, got another at {str(folder)!r}"
        )
    folder.chmod(MODE)
    return folder


def is_own(status: os.stat_result) -> bool:
    """Tell whether something belongs to the user of this process."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def write_private(path: Path, data: bytes) -> None:
    """Write a file for its user alone; it is there whole, or as it was.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    beside = path.with_name(f".{path.name}-new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    for _ in range(0 if _REPLACES_OPEN else _TRIES):
        try:
            beside.replace(path)
        except PermissionError:
            time.sleep(_WAIT_S)
        else:
            return
    beside.replace(path)
