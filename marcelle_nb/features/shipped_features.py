"""The learned features that come with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.features.feature_file import read_features

if TYPE_CHECKING:
    from marcelle_nb.features.extractor import Extractor

FILE = Path(__file__).with_name("learned.features")
"""How it was made, and what it can do, is told by `MODEL_CARD.md` beside it."""


@cache
def shipped_features() -> Extractor:
    """Give the extractor of the package, read once; any thread.

    Raises
    ------
    ModelFormatError
        If the installation is damaged.
    """
    return read_features(FILE)
