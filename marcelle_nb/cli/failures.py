"""What a command says when it cannot do what it was asked."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from marcelle_nb.errors import UnsupportedByModel

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_line_failures() -> Iterator[None]:
    """Turn an error that a user can do something about into one line and the exit status 1.

    TensorFlow's own messages are silenced, as they would surround that line.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        yield
    except (ValueError, TypeError, OSError, ImportError, UnsupportedByModel) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        typer.echo(f"marcelle-nb: {text}", err=True)
        raise typer.Exit(1) from error
