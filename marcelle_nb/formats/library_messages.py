"""What other libraries log while they work for this one."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGGERS = ("absl", "tensorflow")
"""Through which Keras and TensorFlow tell where they put temporary files, and what they advise."""


@contextmanager
def without_library_messages() -> Iterator[None]:
    """Drop what TensorFlow and Keras log in this thread, errors excepted.

    Notes
    -----
    Thread: any. Other threads' messages, levels and handlers stay as they are. What TensorFlow's
    native code writes to the standard error does not pass here.
    """
    with suppress(ImportError):
        # it makes a logger of its own class, which must not find a plain one under its name
        import absl.logging  # noqa: F401
    thread = threading.get_ident()

    def wanted(record: logging.LogRecord) -> bool:
        return record.thread != thread or record.levelno >= logging.ERROR

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(wanted)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(wanted)
