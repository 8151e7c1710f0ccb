"""Where a conversion writes, in which format, and what can be asked of that format."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.detect import FORMATS, SAVED_MODEL, SUFFIXES, is_named

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = ("tfjs", *FORMATS)
"""What `format` takes; `"tfjs"` is layers where that is possible, else a graph."""

TFJS = {"tfjs", "tfjs-layers", "tfjs-graph"}

_SIZE = re.compile(r"(\d{1,15})\s*([kmg]?)i?b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}

QUANTIZATIONS = {
    **dict.fromkeys(TFJS, ("float16", "uint8", "uint16")),
    "tflite": ("float16", "int8"),
}
"""How small each format can make its weights."""


def target_format(format: str | None, target: Path) -> str:
    """Give the format that was named, else the one that the target's name means.

    Raises
    ------
    ValueError
        If there is no such format, or the name means another one.
    """
    meant = _meant(target)
    known = meant if format is None else format
    if known not in TARGETS:
        got = repr(format) if format else f"none, and none can be told from {target.name!r}"
        raise ValueError(f"format: expected one of {', '.join(TARGETS)}, got {got}")
    if meant is not None and meant != ("tfjs" if known in TFJS else known):
        raise ValueError(f"target: expected {_names(known)} for {known}, got {target.name!r}")
    if meant is None and known in {"keras", "h5"}:  # Keras goes by the name
        raise ValueError(f"target: expected {_names(known)} for {known}, got {target.name!r}")
    return known


def _meant(target: Path) -> str | None:
    """Tell a format by a name; `.json` is TensorFlow.js's, of layers or a graph."""
    known = next((known for known in FORMATS if is_named(target.name, known)), None)
    return "tfjs" if known in TFJS else known


def _names(format: str) -> str:
    if format in TFJS or format == "saved-model":
        main = SAVED_MODEL if format == "saved-model" else "model.json"
        return f"a folder or its {main}"
    return f"a name that ends in {' or '.join(SUFFIXES[format])}" + (
        f", but not {SAVED_MODEL}" if format == "frozen-graph" else ""
    )


def byte_count(given: Any) -> int:
    """Read a number of bytes: 500000, or as text with a unit of 1,024: "512KB", "4 MB".

    Raises
    ------
    TypeError
        If it is neither a whole number nor text.
    ValueError
        If it is less than 1, or the text says something else.
    """
    rule = 'shard_size: expected a number of bytes from 1 on, as 500000 or "4MB"'
    count = given
    if isinstance(given, str):
        match = _SIZE.fullmatch(given.strip())
        if match is None:
            raise ValueError(f"{rule}, got {given!r:.80}")
        count = int(match[1]) * _FACTORS[match[2].lower()]
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{rule}, got {given!r:.80}")
    if count < 1:
        raise ValueError(f"{rule}, got {given!r:.80}")
    return count


def target_options(
    format: str, *, quantize: Any = None, shard_size: Any = None, representative: Any = None
) -> dict[str, Any]:
    """Give the writer's options, as far as they were given.

    Raises
    ------
    TypeError
        If a shard's size is neither a whole number nor text.
    ValueError
        If the format has no such option, or not that value.
    """
    allowed = QUANTIZATIONS.get(format, ())
    if quantize is not None and quantize not in allowed:
        rule = f"one of {', '.join(allowed)}" if allowed else "nothing"
        raise ValueError(f"quantize: expected {rule} for {format}, got {quantize!r}")
    if shard_size is not None:
        shard_size = byte_count(shard_size)
        if format not in TFJS:
            raise ValueError(f"shard_size: expected with a format of TensorFlow.js, got {format}")
    if representative is not None and quantize != "int8":
        raise ValueError(f"representative: expected with quantize='int8', got {quantize!r}")
    options = {"quantize": quantize, "shard_size": shard_size, "representative": representative}
    return {key: value for key, value in options.items() if value is not None}


def target_place(format: str, target: Path) -> Path:
    """Give the folder or file to write.

    Raises
    ------
    ValueError
        If the name is that of another file of a folder.
    IsADirectoryError, NotADirectoryError
        If something of the other kind is there, or a file where a folder would have to be.
    PermissionError
        If nothing can be written there.
    """
    if format in TFJS and target.suffix.lower() == ".json":
        if target.name != "model.json":
            raise ValueError(f"target: expected a folder or its model.json, got {str(target)!r}")
        target = target.parent
    elif format == "saved-model" and target.name.lower() == SAVED_MODEL:
        target = target.parent
    is_folder = format in TFJS or format == "saved-model"
    if is_folder and target.is_file():
        raise NotADirectoryError(f"target: expected a folder for {format}, got {str(target)!r}")
    if not is_folder and target.is_dir():
        raise IsADirectoryError(f"target: expected a file for {format}, got {str(target)!r}")
    _check_writable(target)
    return target


def _check_writable(target: Path) -> None:
    """Look before the work begins: a conversion takes a while."""
    folders = [target.absolute(), *target.absolute().parents]
    if not target.is_dir():
        del folders[0]
    there = next(folder for folder in folders if folder.exists())
    if not there.is_dir():
        raise NotADirectoryError(f"target: expected a folder {str(there)!r}, got a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(
            f"target: expected a folder that can be written to, got {str(there)!r}"
        )
