"""What a command says when it cannot do what it was asked."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from marcelle_nb.cli.native_messages import without_native_messages
from marcelle_nb.cli.printable import printable
from marcelle_nb.errors import UnsupportedByModel

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED = 130
"""The exit status of a command that was interrupted, as shells know it."""

logger = logging.getLogger("marcelle_nb")


@contextmanager
def one_line_failures() -> Iterator[None]:
    """Turn an error into one line and the exit status 1; an interruption into 130.

    TensorFlow's own messages are silenced, as they would surround that line.
    """
    try:
        with without_native_messages():
            yield
    except BrokenPipeError:  # who reads the output has read enough
        raise
    except KeyboardInterrupt as error:
        typer.echo("marcelle-nb: interrupted", err=True)
        raise typer.Exit(INTERRUPTED) from error
    except Exception as error:
        logger.debug("The command failed", exc_info=True)
        typer.echo(f"marcelle-nb: {_said(error)}", err=True)
        raise typer.Exit(1) from error


def _said(error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    text = printable(" ".join(text.split()))
    if isinstance(error, ValueError | TypeError | OSError | ImportError | UnsupportedByModel):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text}".rstrip(": ")
