"""`marcelle-nb inspect`."""

from __future__ import annotations

from typing import Annotated

import typer

from marcelle_nb.cli.failures import one_line_failures


def inspect(
    file: Annotated[str, typer.Argument(help="A model file, a folder, a zip file or a URL.")],
    format: Annotated[
        str | None, typer.Option(help="Its format, where it cannot be told from the file.")
    ] = None,
    sha256: Annotated[str | None, typer.Option(help="The checksum of what a URL gives.")] = None,
    *,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Take http:// from another machine.")
    ] = False,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Open also files that can run code: only if you made them."),
    ] = False,
) -> None:
    """Print a model's format, size, inputs, outputs, labels and operations."""
    with one_line_failures():
        from marcelle_nb.formats.inspection import inspect as describe

        typer.echo(describe(file, format=format, sha256=sha256, allow_http=allow_http, trust=trust))
