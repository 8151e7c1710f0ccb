"""The options that several commands have, and how their texts are read."""

from __future__ import annotations

from typing import Annotated

import typer

SourceFile = Annotated[str, typer.Argument(help="A model file, a folder, a zip file or a URL.")]
Signature = Annotated[
    str | None,
    typer.Option(help="Which function of a SavedModel or tflite file, as serving_default."),
]
Tags = Annotated[
    str | None, typer.Option(help="Which graph of a SavedModel: its tags, with commas.")
]
InputNodes = Annotated[
    str | None,
    typer.Option(help="Nodes of a frozen graph to feed, with commas; else its placeholders."),
]
OutputNodes = Annotated[
    str | None,
    typer.Option(
        help="Nodes of the graph that the result gives, with commas; else its own outputs."
    ),
]
Sha256 = Annotated[
    str | None, typer.Option(help="The checksum of SOURCE; of TensorFlow.js over all its files.")
]
AllowHttp = Annotated[bool, typer.Option("--allow-http", help="Take http:// from another machine.")]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Open also files that can run code: only if you made them."),
]


def names(text: str | None) -> list[str] | None:
    """Read names with commas between them."""
    if text is None:
        return None
    return [part.strip() for part in text.split(",") if part.strip()]
