"""Which Jupyter servers on this machine run the extension, for the kernels of the same user."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marcelle_nb.runtime.held_place import SERVER, HeldPlace, places
from marcelle_nb.runtime.opened_file import open_file, read_told
from marcelle_nb.runtime.runtime_folder import runtime_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "server.json"
_TELLS_PROCESS = os.name != "nt"
"""Whether Jupyter tells kernels the number of its process; on Windows they get a handle."""


@dataclass(frozen=True)
class RunningServer:
    """A server with the extension.

    Attributes
    ----------
    process : int
        Its number.
    base_url : str
        The path under which all its addresses lie, as "/" or "/user/ada/".
    """

    process: int
    base_url: str


def announce_server(base_url: str) -> HeldPlace:
    """Tell kernels that this process is a server with the extension, as long as it lives.

    Raises
    ------
    OSError
        If the runtime folder cannot be written.
    """
    place = HeldPlace(SERVER)
    told = {"process": os.getpid(), "base_url": base_url}
    write_private(place.path / _FILE, json.dumps(told).encode())
    return place


def is_announced(place: HeldPlace) -> bool:
    """Tell whether kernels still find what `announce_server` told them."""
    return _read(place.path) is not None


def running_server() -> RunningServer | None:
    """Find a server with the extension: the one that started this kernel, else any of this user's.

    All of them show what this user's kernels publish; `unlisted_parent` tells whether the one that
    started this kernel is not among them.
    """
    found = _listed()
    parents = {_told_parent(), os.getppid()}
    found.sort(key=lambda server: server.process in parents)
    return found[-1] if found else None


def unlisted_parent() -> int | None:
    """Find a process that lives, started this kernel, and is no server with the extension.

    Returns
    -------
    int or None
        Its number. None where kernels are not told it: on Windows they get a handle, and a kernel
        that was not started by Jupyter gets nothing.
    """
    parent = _told_parent()
    if parent is None or parent in {server.process for server in _listed()}:
        return None
    return parent if _lives(parent) else None


def _told_parent() -> int | None:
    told = os.environ.get("JPY_PARENT_PID", "")
    is_number = re.fullmatch("[1-9][0-9]{0,9}", told) is not None
    return int(told) if is_number and _TELLS_PROCESS else None


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:  # it does, and is somebody else's
        return True
    except (OSError, OverflowError):
        return False
    return True


def _listed() -> list[RunningServer]:
    return [server for path in places(runtime_folder(), SERVER) if (server := _read(path))]


def _read(path: Path) -> RunningServer | None:
    opened = open_file(path.parent, (path.name,), _FILE)
    if opened is None:  # it is being written, or is going
        return None
    with os.fdopen(opened, "rb") as file, suppress(OSError):
        told = read_told(file)
        if isinstance(told.get("process"), int) and isinstance(told.get("base_url"), str):
            return RunningServer(told["process"], told["base_url"])
    return None
