"""`marcelle-nb inspect`."""

from __future__ import annotations

from typing import Annotated

import typer

from marcelle_nb.cli.failures import one_line_failures
from marcelle_nb.cli.options import (
    AllowHttp,
    InputNodes,
    OutputNodes,
    Sha256,
    Signature,
    SourceFile,
    Tags,
    Trust,
    names,
)
from marcelle_nb.cli.printable import printable


def inspect(  # noqa: PLR0913 - the arguments of a command
    file: SourceFile,
    format: Annotated[
        str | None,
        typer.Option(
            help="tfjs, tfjs-layers, tfjs-graph, keras, h5, saved-model, frozen-graph, tflite or "
            "onnx, where it cannot be told from FILE."
        ),
    ] = None,
    signature: Signature = None,
    tags: Tags = None,
    input_nodes: InputNodes = None,
    output_nodes: OutputNodes = None,
    sha256: Sha256 = None,
    *,
    allow_http: AllowHttp = False,
    trust: Trust = False,
) -> None:
    """Print a model's format, size, inputs, outputs, labels and operations."""
    with one_line_failures():
        from marcelle_nb.formats.inspection import inspect as describe

        text = describe(
            file,
            format=format,
            signature=signature,
            tags=names(tags),
            input_nodes=names(input_nodes),
            output_nodes=names(output_nodes),
            sha256=sha256,
            allow_http=allow_http,
            trust=trust,
        )
        typer.echo(printable(text))
