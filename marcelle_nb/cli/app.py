"""The subcommands of `marcelle-nb`, each in a module of its own."""

import typer

from marcelle_nb.cli.convert import convert
from marcelle_nb.cli.inspect import inspect

app = typer.Typer(
    name="marcelle-nb",
    help="Model files that travel: TensorFlow.js, Keras, SavedModel, TensorFlow Lite, ONNX.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(convert)
app.command()(inspect)
