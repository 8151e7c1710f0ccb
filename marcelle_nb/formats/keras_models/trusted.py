"""Files that only somebody's word makes safe: Keras itself reads them, Python code and all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError, UnsafeModel
from marcelle_nb.formats.keras_models.safe_config import check_config
from marcelle_nb.formats.tensorflow_start import start_tensorflow

if TYPE_CHECKING:
    from pathlib import Path

    import keras


_UNKNOWN = re.compile(r"(?:Could not locate (?:class|function)|Unknown [a-z ]+:) '([^']+)'")
"""How Keras says that it has no class or function of a name."""


def trust_needed(config: dict[str, Any], what: str, *, trust: bool) -> bool:
    """Check a configuration; tell whether it is one that runs code and is trusted to.

    Raises
    ------
    UnsafeModel
        If it runs code and is not trusted.
    ModelFormatError
        If its sizes are those of no model.
    """
    if not trust:
        check_config(config, what)
        return False
    check_config(config, what, trust=True)
    try:
        check_config(config, what)
    except UnsafeModel:
        return True
    return False


def load_trusted(path: Path, what: str) -> keras.Model:
    """Let Keras read a file with all the code in it.

    Raises
    ------
    ModelFormatError
        If Keras cannot.
    """
    start_tensorflow()
    import keras

    try:
        return keras.saving.load_model(path, safe_mode=False)
    # anything may be raised by code from a file
    except Exception as error:
        text = " ".join(str(error).split())
        if unknown := _UNKNOWN.search(text):
            raise ModelFormatError(
                f"{what}: expected classes and functions that this notebook knows, got "
                f"{unknown[1]!r:.80}; define it, with @keras.saving.register_keras_serializable() "
                "in front, before loading"
            ) from error
        raise ModelFormatError(f"{what}: expected a model for Keras 3, got {text}"[:400]) from error
