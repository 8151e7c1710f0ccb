"""The TensorFlow Lite interpreter, from the package where it lives now or from TensorFlow."""

from __future__ import annotations

from typing import Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.native_messages import native_messages_kept
from marcelle_nb.formats.quiet_warnings import quiet_warnings
from marcelle_nb.formats.tensorflow_start import start_tensorflow

_TOLD: set[type] = set()
"""Interpreters that have told it."""


def interpreter_class(*, tensorflow: bool = False) -> Any:
    """Import the interpreter.

    Parameters
    ----------
    tensorflow : bool
        Take TensorFlow's own also where `ai_edge_litert` is installed: it alone knows
        TensorFlow's operations.

    Returns
    -------
    type
        `ai_edge_litert.interpreter.Interpreter` or `tf.lite.Interpreter`.
    """
    if not tensorflow:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            pass
        else:
            return Interpreter
    start_tensorflow()
    import tensorflow as tf

    return tf.lite.Interpreter


def open_interpreter(
    data: bytes, what: str, *, tensorflow: bool = False, keep_all: bool = False
) -> Any:
    """Give an interpreter of a checked file, not allocated yet.

    Parameters
    ----------
    data : bytes
        The file.
    what : str
        What messages call it.
    tensorflow : bool
        See `interpreter_class`.
    keep_all : bool
        Keep the tensors between operations. It computes without the quick kernels then.

    Raises
    ------
    ModelFormatError
        If the interpreter refuses the file.
    """
    interpreter = interpreter_class(tensorflow=tensorflow)
    with quiet_warnings():  # both packages warn about the use made here
        try:
            return interpreter(model_content=data, experimental_preserve_all_tensors=keep_all)
        except (ValueError, RuntimeError) as error:
            raise refused(what, error) from error


def allocate(interpreter: Any) -> None:
    """Take the memory for the shapes that the inputs have.

    The first of its kind tells once for the process by what it computes, which is not shown.
    """
    if type(interpreter) in _TOLD:
        interpreter.allocate_tensors()
        return
    with native_messages_kept(others=False):
        interpreter.allocate_tensors()
    _TOLD.add(type(interpreter))


def refused(what: str, error: Exception) -> ModelFormatError:
    """Say what the interpreter said, in one line."""
    return ModelFormatError(
        f"{what}: expected a model that the TensorFlow Lite interpreter runs, got "
        + " ".join(str(error).split())[:300]
    )
