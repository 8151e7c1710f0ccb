"""A prediction that a batch has already."""

from __future__ import annotations

from typing import NamedTuple


class HeldPrediction(NamedTuple):
    """A stored prediction."""

    id: str
    """That of its document."""

    version: str
    """`instance_version` of the instance as it was predicted; "" where it is not known."""
