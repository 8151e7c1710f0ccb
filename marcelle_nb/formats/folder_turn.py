"""One at a time writes into a folder."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from marcelle_nb.data.system_lock import lock_file, try_lock
from marcelle_nb.formats.file_lock import STEP_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def folder_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process or thread has its turn in a folder; nothing is left there.

    The folder itself is locked. Where that cannot be done, as on Windows, nobody waits.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(lock_file(folder, os.O_RDONLY))
        except OSError:
            file = None
        while file is not None and try_lock(file) is False:
            time.sleep(STEP_S)
        yield
