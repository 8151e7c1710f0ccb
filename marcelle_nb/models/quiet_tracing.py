"""Keeps TensorFlow's advice on tracing out of the output of a training."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_here = threading.local()


@contextmanager
def quiet_tracing() -> Iterator[None]:
    """Silence on this thread the advice that a function is traced often.

    Every model of a notebook is traced once or twice, and TensorFlow, which counts them all
    together, would tell that to who can do nothing about it. Elsewhere the advice still shows.
    """
    logger = logging.getLogger("tensorflow")
    if _is_wanted not in logger.filters:
        logger.addFilter(_is_wanted)
    _here.is_quiet = True
    try:
        yield
    finally:
        _here.is_quiet = False


def _is_wanted(record: logging.LogRecord) -> bool:
    return not (getattr(_here, "is_quiet", False) and "tf.function retracing" in str(record.msg))
