"""What is said of a model beside its numbers, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_VERSION = 1_000


def model_labels(told: Any, count: int | None = None) -> list[str]:
    """Check labels: texts, each once, and as many as a model has.

    Raises
    ------
    ModelFormatError
        If they are something else.
    """
    kinds = {*map(type, told)} if isinstance(told, list | tuple) else {object}
    if not kinds or kinds - {str, int, float}:
        raise ModelFormatError(f"labels: expected a list of texts, got {told!a:.80}")
    labels = [str(label) for label in told]
    if len(set(labels)) < len(labels):
        raise ModelFormatError(f"labels: expected each once, got {labels!a:.80}")
    if count is not None and len(labels) != count:
        raise ModelFormatError(f"labels: expected {count}, as many as outputs, got {len(labels)}")
    return labels


def model_features(metadata: Mapping[str, Any]) -> str | None:
    """Give the version of the image features that a model learned from; None where it has none.

    Raises
    ------
    ModelFormatError
        If it is no short text.
    """
    told = metadata.get("features")
    if told is None or (isinstance(told, str) and len(told) <= MAX_VERSION):
        return told
    raise ModelFormatError(f"features: expected the version of image features, got {told!r:.80}")
