"""The packages of the extra `onnx`, imported when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from marcelle_nb.errors import ModelFormatError


def import_extra(name: str) -> Any:
    """Import a package of the extra.

    Raises
    ------
    ModelFormatError
        If it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelFormatError(
            f"onnx: expected the package {name.partition('.')[0]}, got none ({error}); "
            "install it with: pip install 'marcelle-nb[onnx]'"
        ) from error
