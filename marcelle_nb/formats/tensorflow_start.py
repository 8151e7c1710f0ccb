"""TensorFlow's start, without the lines that it then writes."""

from __future__ import annotations

import threading
from contextlib import suppress

from marcelle_nb.formats.native_messages import native_messages_kept

_is_started = threading.Event()


def start_tensorflow() -> None:
    """Import TensorFlow and Keras, and find the machine's devices, and show nothing of it.

    While it starts, its native code tells what processor and what drivers it found: many lines,
    which a notebook shows on red and keeps. `TF_CPP_MIN_LOG_LEVEL=0` in the environment shows them.
    To be called before the first use, but not before the user's own settings could be made: once
    the devices are found, `tf.config` changes no more of them.

    Raises
    ------
    ImportError
        What the import raises.

    Notes
    -----
    Thread: any. The first call takes seconds, and others wait for it; what other threads' native
    code writes meanwhile is shown at its end, unless it looks like TensorFlow's.
    """
    if _is_started.is_set():
        return
    with native_messages_kept(others=False):
        # TensorFlow first: who imports Keras waits for it, not the other way round
        import tensorflow as tf  # noqa: I001
        import keras  # noqa: F401

        with suppress(RuntimeError, ValueError):  # of a device or a setting: the first use says it
            tf.config.list_logical_devices()
    _is_started.set()
