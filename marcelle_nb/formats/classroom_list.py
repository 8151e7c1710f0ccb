"""The list of models in a folder or zip file, and the files around it."""

from __future__ import annotations

import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.archive_member import is_archive
from marcelle_nb.formats.file_names import safe_name
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.formats.model_cache import file_sha256
from marcelle_nb.formats.model_files import ModelFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from marcelle_nb.formats.pretrained_files import PretrainedFiles

LIST = "marcelle-nb-models.json"
"""The file that tells which models are there."""

_MOST_MODELS = 100
_MAX_LIST = 2**20


def opened(source: Path) -> ModelFiles:
    """Open a folder or zip file; a zip of the folder itself is taken, too.

    Raises
    ------
    ModelFormatError
        If it is no whole zip file.
    """
    # where the rest of an archive is missing, so is the list of what is in it, which comes last
    if source.is_file() and not is_archive(source):
        raise ModelFormatError(
            f"{source.name}: expected a whole zip file as `marcelle-nb fetch --to` makes it, got "
            f"{_said_to_be(source)}"
        )
    files = ModelFiles.open(source)
    if LIST in files:
        return files
    # the folder itself was packed
    inner = [name.removesuffix(f"/{LIST}") for name in files.names if name.endswith(f"/{LIST}")]
    return files.inside(inner[0]) if len(inner) == 1 and "/" not in inner[0] else files


def _said_to_be(source: Path) -> str:
    with source.open("rb") as file:
        start = file.read(200)
    if start.startswith(b"PK"):
        return "a part of one: copy it once more"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "a web page: fetch or copy the file itself once more"
    return "another file" if start else "an empty file"


def no_classroom(files: ModelFiles) -> ModelFormatError:
    """Give the error that says that there is no list."""
    return ModelFormatError(
        f"{files.origin}: expected what `marcelle-nb fetch --to` makes, got no {LIST}"
    )


def listed_models(files: ModelFiles) -> dict[str, dict[str, str]]:
    """Read which models are there: for each its files, the main one first, and their checksums."""
    told = parse_json(files.read(LIST, _MAX_LIST), LIST)
    models: Any = told.get("models") if isinstance(told, dict) else None
    if not isinstance(models, dict) or not 0 < len(models) <= _MOST_MODELS:
        raise ModelFormatError(f"{LIST}: expected 1 to {_MOST_MODELS} models, got something else")
    for name, each in models.items():
        if not isinstance(each, dict) or not each or not all(map(_is_checksum, each.values())):
            raise ModelFormatError(f"{LIST}: {name!r:.80}: expected a checksum for each file")
        for file in each:
            safe_name(file)
    return models


def _is_checksum(told: object) -> bool:
    return isinstance(told, str) and len(told) == 64 and set(told) <= set("0123456789abcdef")


def place_of(digits: str, name: str) -> str:
    """Give where a file lies."""
    return f"files/{digits}/{name.rpartition('/')[2]}"


def list_text(listed: Mapping[str, Mapping[str, str]]) -> str:
    """Give what is written into the list."""
    return json.dumps({"models": listed}, indent=1)


def pack(
    models: Sequence[PretrainedFiles],
    found: Sequence[ModelFiles],
    target: Path,
    before: ModelFiles | None,
) -> None:
    """Write a zip file of a cache, with what was in one before.

    Weights do not become smaller, so they are stored.
    """
    listed = {} if before is None else listed_models(before)
    for model in models:
        listed.pop(model.name, None)
    kept = {place_of(told[name], name) for told in listed.values() for name in told}
    notes = {model.cache.note(key).name for model in models for key in model.notes({})}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for model, files in zip(models, found, strict=True):
            names = dict.fromkeys([str(files.main), *files.names])
            listed[model.name] = told = {name: file_sha256(files.path(name)) for name in names}
            for name, digits in told.items():
                place = place_of(digits, name)
                if place in archive.namelist():
                    continue
                with files.path(name).open("rb") as source, archive.open(place, "w") as packed:
                    shutil.copyfileobj(source, packed)
            for key, note in model.notes(told).items():
                archive.writestr(f"notes/{model.cache.note(key).name}", json.dumps(note))
        if before is None:
            before = ModelFiles({})
        for place in before.names:
            is_note = place.startswith("notes/") and place.removeprefix("notes/") not in notes
            if (place in kept or is_note) and place not in archive.namelist():
                with before.path(place).open("rb") as source, archive.open(place, "w") as packed:
                    shutil.copyfileobj(source, packed)
        archive.writestr(LIST, list_text(listed))
