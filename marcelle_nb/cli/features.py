"""`marcelle-nb features`: image features for one's own things."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from marcelle_nb.cli.failures import one_line_failures
from marcelle_nb.cli.printable import printable

if TYPE_CHECKING:
    from marcelle_nb.features.teacher import Teacher

MOBILENET = "mobilenet"

features = typer.Typer(
    help="Image features, learned from photos and a larger network.", no_args_is_help=True
)


@features.callback()
def _group() -> None:
    """Keep `train` a command of its own, though it is the only one."""


@features.command()
def train(  # noqa: PLR0913, PLR0917 - the arguments of a command
    photos: Annotated[
        list[Path], typer.Argument(help="Folders of photos, without labels, or single photos.")
    ],
    teacher: Annotated[
        str,
        typer.Option(
            help="The network to learn from: a model file that describes a picture, or mobilenet, "
            "whose weights `marcelle-nb fetch mobilenet` keeps for machines without a network."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    work: Annotated[
        Path | None,
        typer.Option(
            help="A folder to go on from after a stop, 35 kB a crop; by default OUT with "
            ".training. It may be deleted afterwards."
        ),
    ] = None,
    crops: Annotated[
        int | None,
        typer.Option(
            help="Pictures cut from the photos, rounded up to whole 500s, at least 1000; by "
            "default 200 a photo, 2000 to 120000. More than before may be asked for."
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            help="Batches to learn; by default until each crop was learned 20 times. Another "
            "number than before changes how the learning rate goes on."
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Crops in a batch.")] = 64,
    seed: Annotated[int, typer.Option(help="Of all that is drawn by chance.")] = 0,
    minutes: Annotated[
        float | None, typer.Option(help="Stop after so long; the same command goes on.")
    ] = None,
    *,
    half: Annotated[
        bool,
        typer.Option(
            "--half", help="Compute in bfloat16: faster on processors that know it, less exact."
        ),
    ] = False,
) -> None:
    """Learn features from photos, for image_features(file=OUT); called again, it goes on."""
    with one_line_failures():
        from marcelle_nb.features.feature_training import FeatureTraining

        training = FeatureTraining(
            photos=photos,
            teacher=_teacher(teacher),
            out=out,
            work=work or out.with_name(out.name + ".training"),
            n_crops=crops,
            n_steps=steps,
            batch_size=batch_size,
            seed=seed,
            minutes=minutes,
            half=half,
        )
        version = training.run(lambda line: typer.echo(printable(line)))
        if version is not None:
            typer.echo(printable(f"{out}  {out.stat().st_size:,} bytes  {version}"))


def _teacher(source: str) -> Teacher:
    if source == MOBILENET:
        from marcelle_nb.models.mobilenet_teacher import mobilenet_teacher

        return mobilenet_teacher()
    from marcelle_nb.features.teacher import Teacher

    return Teacher.load(source)
