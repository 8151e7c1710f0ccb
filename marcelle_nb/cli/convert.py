"""`marcelle-nb convert`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from marcelle_nb.cli.failures import one_line_failures

_SIZE = re.compile(r"(\d+)\s*([kmg]?)i?b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}


def convert(  # noqa: PLR0913, PLR0917 - the arguments of a command
    source: Annotated[str, typer.Argument(help="A model file, a folder, a zip file or a URL.")],
    target: Annotated[str, typer.Argument(help="A folder for TensorFlow.js and SavedModel.")],
    format: Annotated[
        str | None,
        typer.Option(
            help="tfjs, tfjs-layers, tfjs-graph, keras, h5, saved-model, frozen-graph, tflite or "
            "onnx; by default what TARGET ends in."
        ),
    ] = None,
    quantize: Annotated[
        str | None,
        typer.Option(help="TensorFlow.js: float16, uint8 or uint16; tflite: float16 or int8."),
    ] = None,
    shard_size: Annotated[
        str | None, typer.Option(help="Most bytes of a TensorFlow.js weight file, as 4MB.")
    ] = None,
    signature: Annotated[
        str | None, typer.Option(help="Which function of a SavedModel, as serving_default.")
    ] = None,
    tags: Annotated[
        str | None, typer.Option(help="Which graph of a SavedModel: its tags, with commas.")
    ] = None,
    input_nodes: Annotated[
        str | None, typer.Option(help="A frozen graph's inputs, with commas.")
    ] = None,
    output_nodes: Annotated[
        str | None, typer.Option(help="The graph's nodes to give as outputs, with commas.")
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
    """Write a model in another format."""
    with one_line_failures():
        from marcelle_nb.formats.convert import convert as write

        written = write(
            source,
            target,
            format,
            quantize=quantize,
            shard_size=None if shard_size is None else byte_count(shard_size),
            signature=signature,
            tags=_split(tags),
            input_nodes=_split(input_nodes),
            output_nodes=_split(output_nodes),
            sha256=sha256,
            allow_http=allow_http,
            trust=trust,
        )
        for path in written:
            typer.echo(f"{path}  {path.stat().st_size:,} bytes")


def byte_count(text: str) -> int:
    """Read a number of bytes, as `500000`, `512KB` or `4MB` (of 1,024 each)."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"shard-size: expected a number of bytes, as 4MB, got {text!r}")
    return int(match[1]) * _FACTORS[match[2].lower()]


def _split(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [part.strip() for part in text.split(",") if part.strip()]
