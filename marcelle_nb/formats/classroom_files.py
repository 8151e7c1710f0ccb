"""The weights of pretrained models in a folder or a zip file, to be carried to other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.data.replaced_file import replaced_file
from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.checksums import check_sha256
from marcelle_nb.formats.classroom_list import (
    LIST,
    list_text,
    listed_models,
    no_classroom,
    opened,
    pack,
    place_of,
)
from marcelle_nb.formats.folder_turn import folder_turn
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.named_files import named_files
from marcelle_nb.formats.unusable_cache import UnusableCache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from marcelle_nb.formats.pretrained_files import PretrainedFiles


def collect(
    models: Sequence[PretrainedFiles],
    target: Path,
    progress: Callable[[PretrainedFiles, int, int], object] | None = None,
) -> list[ModelFiles]:
    """Put models into a folder that serves as a cache, or into a zip file of one.

    Parameters
    ----------
    models : sequence of PretrainedFiles
        Taken from the user's cache, or fetched.
    target : Path
        A zip file by its ending, else a folder; the models that are there stay.
    progress : callable, optional
        Called with a model, and its bytes that are there and those of the whole.

    Returns
    -------
    list of ModelFiles
        What was collected, for each model: in the folder, or for a zip file where it was taken
        from.

    Raises
    ------
    DownloadRefused
        If one cannot be had, or what is there is another file.
    OSError
        If it cannot be written; a zip file that was there is as it was.
    """
    is_zip = target.suffix.lower() == ".zip"
    if not is_zip and target.exists() and not target.is_dir():
        raise NotADirectoryError(
            f"--to: expected a folder, or a name that ends with .zip, got the file {str(target)!r}"
        )
    # all are there before the first one is written
    found = [model.get(_bound(progress, model)) for model in models]
    try:
        (target.parent if is_zip else target).mkdir(parents=True, exist_ok=True)
        with folder_turn(target.parent if is_zip else target):
            if not is_zip:
                return _gathered(models, found, target)
            before = opened(target) if target.is_file() else None
            if before is not None and LIST not in before:
                raise no_classroom(before)
            with replaced_file(target) as beside:
                pack(models, found, beside, before)
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise type(error)(error.errno, error.strerror, str(target)) from error
    return found


def install(source: Path, known: Callable[[str], PretrainedFiles]) -> list[tuple[str, ModelFiles]]:
    """Put the models of a folder or zip file into the user's cache, checked as a download is.

    Parameters
    ----------
    source : Path
    known : callable
        Gives the model of a name, or raises `ValueError`.

    Returns
    -------
    list of (str, ModelFiles)
        Names, and what is in the cache now.

    Raises
    ------
    ModelFormatError
        If it holds none, or cannot be read.
    DownloadRefused
        If a file is not what it should be: then it is not installed, nor are those after it.
    FileNotFoundError
        If there is nothing at the path.
    """
    files = opened(source)
    if LIST not in files:
        raise no_classroom(files)
    installed = []
    for name, told in listed_models(files).items():
        installed.append((name, _installed(source, known(name), name, told)))
    return installed


def _installed(
    source: Path, model: PretrainedFiles, name: str, told: Mapping[str, str]
) -> ModelFiles:
    files = opened(source)  # anew: what is unpacked on the way goes with it
    places = {each: place_of(digits, each) for each, digits in told.items()}
    total = sum(files.size(place) for place in places.values())
    model.check_size(total)  # before anything is unpacked
    paths = {each: files.path(place) for each, place in places.items()}
    check_sha256(dict(told), paths, name)
    main = next(iter(told))
    if extra := sorted(set(told) - {main, *named_files(paths[main], main)[0]}):
        raise DownloadRefused(
            f"{name}: expected {main} and the files that it names, got {extra[0]!r:.100} too"
        )
    found = model.find()
    if found is not None and model.recorded == told:
        return found
    return model.install(ModelFiles(paths, origin=f"{name} in {source}"), main)


def _gathered(
    models: Sequence[PretrainedFiles], found: Sequence[ModelFiles], folder: Path
) -> list[ModelFiles]:
    target = ModelCache(folder)
    listed = listed_models(ModelFiles.open(folder)) if (folder / LIST).is_file() else {}
    made = []
    for model, files in zip(models, found, strict=True):
        try:
            made.append(model.with_cache(target).install(files, str(files.main)))
        except UnusableCache as error:
            raise _unwritable(folder, error.__cause__ or error) from error
        listed[model.name] = dict(model.with_cache(target).recorded)
    try:
        with replaced_file(folder / LIST) as beside:
            beside.write_text(list_text(listed), encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return made


def _unwritable(folder: Path, error: BaseException) -> DownloadRefused:
    return DownloadRefused(f"{folder}: expected a folder that can be written, got {error}")


def _bound(
    progress: Callable[[PretrainedFiles, int, int], object] | None, model: PretrainedFiles
) -> Callable[[int, int], object] | None:
    if progress is None:
        return None
    return lambda done, total: progress(model, done, total)
