"""A folder in the runtime folder that lives as long as the process that made it."""

from __future__ import annotations

import atexit
import os
import re
import secrets
import shutil
import stat
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from marcelle_nb.data.held_folder import held, is_left, renew
from marcelle_nb.runtime.runtime_folder import MODE, is_own, made_runtime_folder, runtime_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KERNEL, SERVER = "kernel", "server"

RENEW_S = 3600.0
"""How often a place says that it is in use, where the disk has no locks that say so."""

_NAME = re.compile(rf"({KERNEL}|{SERVER})-[0-9a-f]{{32}}")


class HeldPlace:
    """A folder with a random name, for its user alone; it goes when the process ends.

    A process that is killed leaves it behind; the system lets go of it all the same, so that the
    next one here knows, and removes it. Where the disk has no locks, it goes a day later.

    Parameters
    ----------
    kind : {"kernel", "server"}
        Who has it.

    Attributes
    ----------
    path : Path

    Raises
    ------
    OSError
        If it cannot be made.
    """

    def __init__(self, kind: str) -> None:
        root = made_runtime_folder()
        remove_left(root)
        self.path = root / f"{kind}-{secrets.token_hex(16)}"
        self.path.mkdir(MODE)
        self._process = os.getpid()
        self._hold = ExitStack()
        is_told = self._hold.enter_context(held(self.path))
        for file in self.path.iterdir():
            file.chmod(0o600)
        self._end = threading.Event()
        if not is_told:
            threading.Thread(target=self._renew, name="marcelle-place", daemon=True).start()
        atexit.register(self.close)

    def _renew(self) -> None:
        while not self._end.wait(RENEW_S):
            renew(self.path)

    @property
    def is_of_this_process(self) -> bool:
        """False in the child of a fork, whose parent has it."""
        return self._process == os.getpid()

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        if not self.is_of_this_process:
            return
        atexit.unregister(self.close)
        self._end.set()
        shutil.rmtree(self.path, ignore_errors=True)
        self._hold.close()
        shutil.rmtree(self.path, ignore_errors=True)  # Windows removes no file that is open


def places(root: Path, kind: str) -> Iterator[Path]:
    """Give the folders of the processes of a kind that live."""
    for path in _folders(root):
        if path.name.startswith(kind) and not is_left(path):
            yield path


def remove_left(root: Path) -> None:
    """Remove what killed processes have left behind."""
    for path in _folders(root):
        if is_left(path):
            shutil.rmtree(path, ignore_errors=True)


def _folders(root: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    except OSError:  # nobody has made it yet
        return
    for entry in entries:
        if _NAME.fullmatch(entry.name) and _is_own_folder(root / entry.name):
            yield root / entry.name


def _is_own_folder(path: Path) -> bool:
    with suppress(OSError):  # it has gone since
        status = path.lstat()
        return stat.S_ISDIR(status.st_mode) and is_own(status)
    return False


_lock = threading.Lock()
_kernels: list[HeldPlace] = []


def _after_fork() -> None:
    """Begin anew in a forked process, where nobody would let go of the lock."""
    global _lock  # noqa: PLW0603 one for each process
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


def kernel_place() -> Path:
    """Give this kernel's folder; it is made when it is first asked for.

    Raises
    ------
    OSError
        If it cannot be made.

    Notes
    -----
    Thread: any. The child of a fork gets one of its own.
    """
    with _lock:
        found = _known_place()
        if found is None:
            _let_go_of_removed()
            _kernels.append(HeldPlace(KERNEL))
            return _kernels[-1].path
        return found


def _let_go_of_removed() -> None:
    """Close what somebody has tidied away: it has a descriptor, and maybe a thread."""
    for place in [*_kernels]:
        if place.is_of_this_process and not place.path.is_dir():
            place.close()
            _kernels.remove(place)


def known_kernel_place() -> Path | None:
    """Give this kernel's folder where there is one; thread: any."""
    with _lock:
        return _known_place()


def _known_place() -> Path | None:
    root = runtime_folder()
    for place in _kernels:
        if place.is_of_this_process and place.path.parent == root and place.path.is_dir():
            return place.path
    return None
