"""The names of a model's classes, from the files beside it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.formats.model_files import ModelFiles

MAX_BYTES = 2**20
MAX_LENGTH = 200
"""Characters of one name."""

_NUMBERED = re.compile(r"(\d+)\s+(.*\S)\s*$")


def find_labels(files: ModelFiles, main: str) -> tuple[list[str], bool] | None:
    """Read the text file with names of classes beside a model.

    It is called as the model, with `.labels.txt` at the end, or `labels.txt`.

    Returns
    -------
    (list of str, bool) or None
        The names, and whether the lines are numbered, as Teachable Machine does.
    """
    folder = PurePosixPath(main).parent
    stem = PurePosixPath(main).stem
    for name in (f"{stem}.labels.txt", "labels.txt"):
        path = name if str(folder) == "." else f"{folder}/{name}"
        if path in files:
            try:
                return parse_labels(files.read(path, MAX_BYTES).decode("utf-8-sig"), path)
            except UnicodeDecodeError as error:
                raise ModelFormatError(f"{path}: expected text in UTF-8, got {error}") from error
    return None


def parse_labels(text: str, what: str) -> tuple[list[str], bool]:
    """Read one name a line; where each has its number in front, that is left out.

    Raises
    ------
    ModelFormatError
        If a name is longer than any name is.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    matches = [_NUMBERED.match(line) for line in lines]
    numbered = [match for match in matches if match is not None]
    is_numbered = [int(match[1]) for match in numbered] == [*range(len(lines))] and bool(lines)
    labels = [match[2] for match in numbered] if is_numbered else lines
    return checked_labels(labels, what), is_numbered


def checked_labels(value: Any, what: str) -> list[str]:
    """Check a list of names from a file that is not trusted.

    Raises
    ------
    ModelFormatError
        If it is no list of texts of a usual length.
    """
    if not isinstance(value, list) or not all(
        isinstance(label, str) and len(label) <= MAX_LENGTH for label in value
    ):
        raise ModelFormatError(
            f"{what}: expected a list of names of up to {MAX_LENGTH} characters, got {value!r:.80}"
        )
    return value


def fits(labels: list[str], model: LoadedModel) -> bool:
    """Tell whether a model can have these classes: a file beside it may belong to another one."""
    if not labels:
        return False
    sizes = [spec.shape[-1] if spec.shape else None for spec in model.outputs]
    return len(labels) in sizes or all(size is None for size in sizes)
