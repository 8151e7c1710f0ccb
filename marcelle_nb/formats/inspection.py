"""Describes a model file as text, for `marcelle-nb inspect`."""

from __future__ import annotations

from typing import Any

from marcelle_nb.formats.load import load


def inspect(source: Any, **options: Any) -> str:
    """Describe a model: format, size, inputs, outputs, names of classes, operations.

    Parameters
    ----------
    source : path, address or files
        As for `load`.
    **options
        Those of `load`.

    Returns
    -------
    str
        Several lines.

    Raises
    ------
    ModelFormatError, UnsafeModel, DownloadRefused, ValueError, TypeError, OSError
        As `load`.

    Notes
    -----
    Thread: any.
    """
    model = load(source, **options)
    lines = [model.summary()]
    if model.keras_model is not None:
        lines.append(f"parameters: {model.keras_model.count_params():,}")
    lines += [f"{key}: {value}" for key, value in model.metadata.items() if _is_short(value)]
    lines += [f"note: {note}" for note in model.metadata.get("notes", ())]
    return "\n".join(lines)


def _is_short(value: Any) -> bool:
    return isinstance(value, bool | int | float | str | tuple) and len(str(value)) < 200
