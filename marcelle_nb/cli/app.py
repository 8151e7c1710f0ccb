"""The subcommands of `marcelle-nb`, each in a module of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from marcelle_nb._version import __version__
from marcelle_nb.cli.convert import convert
from marcelle_nb.cli.features import features
from marcelle_nb.cli.fetch import fetch
from marcelle_nb.cli.inspect import inspect

app = typer.Typer(
    name="marcelle-nb",
    help="Model files that travel: TensorFlow.js, Keras, SavedModel, TensorFlow Lite, ONNX.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(is_asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_asked:
        typer.echo(f"marcelle-nb {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


app.command()(convert)
app.command()(fetch)
app.command()(inspect)
app.add_typer(features, name="features")
