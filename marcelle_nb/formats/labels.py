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
MAX_LENGTH = 1_000
"""Characters of one name."""

_NUMBERED = re.compile(r"(\d{1,9})\s+(.*\S)\s*$")


def find_labels(files: ModelFiles, main: str) -> tuple[str, list[str], bool] | None:
    """Read the text file with names of classes beside a model.

    It is called as the model, with `.labels.txt` at the end, or `labels.txt`.

    Returns
    -------
    (str, list of str, bool) or None
        The file's name, the names in it, and whether its lines are numbered, as those of Teachable
        Machine are.
    """
    folder = PurePosixPath(main).parent
    stem = PurePosixPath(main).stem
    for name in label_names(stem):
        path = name if str(folder) == "." else f"{folder}/{name}"
        if path in files:
            try:
                text = files.read(path, MAX_BYTES).decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise ModelFormatError(f"{path}: expected text in UTF-8, got {error}") from error
            return path, *parse_labels(text, path)
    return None


def label_names(stem: str) -> tuple[str, str]:
    """Give the names that a file with names of classes may have, beside a model of a name."""
    return f"{stem}.labels.txt", "labels.txt"


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


def told_labels(value: Any) -> list[str] | None:
    """Give the names of classes that a model's own metadata tell, or None where they tell none.

    Nobody said that there must be names in a place of that name, so what is something else is left
    alone.

    Parameters
    ----------
    value : object
        A list of texts or numbers (which labels of datasets may be), or a dictionary of such by
        number.
    """
    if isinstance(value, dict):
        try:
            value = [value[key] for key in sorted(value, key=int)]
        except (TypeError, ValueError):
            return None
    if not isinstance(value, list | tuple) or not value:
        return None
    if any(not isinstance(one, str | int | float) or isinstance(one, bool) for one in value):
        return None
    labels = [str(one) for one in value]
    return labels if all(len(label) <= MAX_LENGTH for label in labels) else None


def fits(labels: list[str], model: LoadedModel) -> bool:
    """Tell whether a model can have these classes: a file beside it may belong to another one.

    A single number serves for two: it is the probability of the second.
    """
    if not labels:
        return False
    sizes = [spec.shape[-1] if spec.shape else None for spec in model.outputs]
    return (
        len(labels) in sizes
        or (len(labels) == 2 and 1 in sizes)
        or all(size is None for size in sizes)
    )
