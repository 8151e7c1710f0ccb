"""`marcelle-nb convert`."""

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


def convert(  # noqa: PLR0913, PLR0917 - the arguments of a command
    source: SourceFile,
    target: Annotated[
        str,
        typer.Argument(
            help="A folder for TensorFlow.js and SavedModel, else a file. What is there is "
            "replaced when all is written."
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            help="tfjs (layers where that is possible, else a graph), tfjs-layers, tfjs-graph, "
            "keras, h5, saved-model, frozen-graph, tflite or onnx; by default what TARGET ends in."
        ),
    ] = None,
    quantize: Annotated[
        str | None,
        typer.Option(help="TensorFlow.js: float16, uint8 or uint16; tflite: float16 or int8."),
    ] = None,
    shard_size: Annotated[
        str | None,
        typer.Option(help="Most bytes of a TensorFlow.js weight file, as 500000 or 4MB."),
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
    """Write a model in another format."""
    with one_line_failures():
        from marcelle_nb.formats.convert import convert as write

        written = write(
            source,
            target,
            format,
            quantize=quantize,
            shard_size=shard_size,
            signature=signature,
            tags=names(tags),
            input_nodes=names(input_nodes),
            output_nodes=names(output_nodes),
            sha256=sha256,
            allow_http=allow_http,
            trust=trust,
        )
        for path in written:
            typer.echo(printable(f"{path}  {path.stat().st_size:,} bytes"))
