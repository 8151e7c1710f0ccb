"""`marcelle-nb fetch`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marcelle_nb.cli.failures import one_line_failures
from marcelle_nb.cli.printable import printable
from marcelle_nb.errors import DownloadRefused

if TYPE_CHECKING:
    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.formats.pretrained_files import PretrainedFiles

_SHOWN_EVERY = 0.01


def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="mobilenet, mobilenet-v2-1.0, mobilenet-v1-0.25-tfjs, coco-ssd, "
            "coco-ssd-mobilenet_v2 and the like; a wrong name lists all."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="A zip file to carry to other machines, or a folder that MARCELLE_NB_CACHE may "
            "name there; by default the weights go into the cache of this machine."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", help="A zip file or folder made with --to: put what is in it into the cache."
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Where a copy of the one model lies, if not where it is published."),
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="The checksum of the one model, if you know it.")
    ] = None,
) -> None:
    """Fetch the weights of pretrained models, for machines that have no network later."""
    with one_line_failures():
        for option, given in (("--to", to), ("--from", source)):
            if given == "":
                raise ValueError(f"{option}: expected a folder or zip file, got ''")
        if source is not None:
            _check_alone(names, to, url, sha256)
            _install(Path(source))
        else:
            _fetch(names or [], to, url, sha256)


def _check_alone(*others: object) -> None:
    if any(other for other in others):
        raise ValueError("--from: expected alone, got names or other options with it")


def _install(source: Path) -> None:
    from marcelle_nb.formats.classroom_files import install
    from marcelle_nb.models.pretrained import pretrained_files

    for name, files in install(source, pretrained_files):
        _print(name, files)


def _fetch(names: list[str], to: str | None, url: str | None, sha256: str | None) -> None:
    from marcelle_nb.models.pretrained import pretrained_files, pretrained_models

    if not names:
        for name in pretrained_models():
            typer.echo(name)
        raise ValueError("names: expected some of these, got none")
    if len(names) > 1 and (url or sha256):
        raise ValueError("--url, --sha256: expected with one name, got several")
    models = [pretrained_files(name) for name in dict.fromkeys(names)]
    if url is not None:
        models[0] = models[0].at(url)
    if sha256 is not None:
        models[0] = replace(models[0], sha256=sha256)
    models = [*{model.name: model for model in models}.values()]
    if url is not None:
        _say_if_kept(models[0])
    progress = _Progress()
    found = _fetched(models, to, progress)
    progress.end()
    is_zip = to is not None and Path(to).suffix.lower() == ".zip"
    for model, files in zip(models, found, strict=True):
        _print(model.name, files, Path(str(to)) if is_zip else None)


def _fetched(
    models: list[PretrainedFiles], to: str | None, progress: _Progress
) -> list[ModelFiles]:
    from marcelle_nb.formats.classroom_files import collect

    try:
        if to is not None:
            return collect(models, Path(to), progress)
        return [model.get(lambda *n, model=model: progress(model, *n)) for model in models]
    except DownloadRefused as error:
        progress.end()
        reason = error.__cause__  # without the advice to call what is running
        if not isinstance(reason, DownloadRefused):
            raise
        raise type(reason)(
            f"{str(reason).rstrip('.')}. A zip file that was made where there is a network is "
            "installed with --from"
        ) from error


def _say_if_kept(model: PretrainedFiles) -> None:
    if model.find() is not None:
        told = f"{model.name}: kept what the cache has; {model.url} was not asked for"
        typer.echo(printable(told), err=True)


def _print(name: str, files: ModelFiles, place: Path | None = None) -> None:
    size = sum(files.size(each) for each in files.names)
    typer.echo(printable(f"{name}  {size:,} bytes  {place or files.path(str(files.main))}"))


class _Progress:
    """Shows how far it is, where somebody watches."""

    def __init__(self) -> None:
        self._shown = -1.0

    def __call__(self, model: PretrainedFiles, done: int, total: int) -> None:
        share = done / total if total else 0.0
        if sys.stderr.isatty() and abs(share - self._shown) >= _SHOWN_EVERY:
            self._shown = share
            typer.echo(f"\r{printable(model.name)}  {share:4.0%}  ", nl=False, err=True)

    def end(self) -> None:
        """Begin a new line, if one was begun."""
        if self._shown >= 0:
            typer.echo("", err=True)
