"""The files of one model as they are handed over, read with limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models.packed_model import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def uploaded_model(given: Sequence[Any]) -> dict[str, bytes]:
    """Read files; beside a single path also those that the file at it names.

    Raises
    ------
    ModelFormatError
        If there are none, or more than a model has.
    FileNotFoundError
        If there is nothing at a path.
    TypeError
        If something is no file.
    """
    if not given:
        raise ModelFormatError("files: expected those of a model, got none")
    files = ModelFiles.open(given[0] if len(given) == 1 else given)
    names = [*dict.fromkeys([*files.names, *_named(files)])]
    total = sum(files.size(name) for name in names)
    if total > MAX_BYTES:
        raise ModelFormatError(f"files: expected at most {MAX_BYTES:,} bytes, got {total:,}")
    return {name: files.read(name) for name in names}


def _named(files: ModelFiles) -> Iterator[str]:
    """Give the files that the one given names, where it is the main one of several."""
    main = files.main
    if main is None or not main.lower().endswith(".json"):
        return
    if b'"modelTopology"' not in files.start(main, 2**20):
        return
    document = parse_json(files.read(main), main)
    groups = document.get("weightsManifest") if isinstance(document, dict) else None
    for group in groups if isinstance(groups, list) else []:
        paths = group.get("paths") if isinstance(group, dict) else None
        for path in paths if isinstance(paths, list) else []:
            if isinstance(path, str):
                yield files.beside(main, path)
