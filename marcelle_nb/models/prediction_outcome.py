"""What was predicted of an instance, beside what is true."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from marcelle_nb.data.stored_instance import shown_label

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = ("label", "output", "yTrue")
"""Those of a stored prediction that say it."""

Numbers: TypeAlias = tuple[float, ...]


class PredictionOutcome(NamedTuple):
    """What was predicted of an instance, beside what is true.

    Of a classification both are texts, of a regression tuples of as many numbers; a part that a
    prediction does not say is None.
    """

    truth: str | Numbers | None
    """`yTrue` of the stored prediction."""

    answer: str | Numbers | None
    """Its `label`, or its `output` where that is a number or a list of numbers."""

    @property
    def is_label(self) -> bool:
        """Whether both are labels, which can be right or wrong."""
        return isinstance(self.truth, str) and isinstance(self.answer, str)

    @property
    def is_number(self) -> bool:
        """Whether both are numbers, which have a difference."""
        truth, answer = self.truth, self.answer
        is_both = isinstance(truth, tuple) and isinstance(answer, tuple)
        return is_both and len(truth or ()) == len(answer or ())

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> PredictionOutcome:
        """Read a stored prediction, also one that another client has written."""
        truth = document.get("yTrue")
        if "output" in document and "label" not in document:
            # a label beside numbers is known, and has nothing to do with them
            return cls(_numbers(truth) or _label(truth), _numbers(document["output"]))
        return cls(_label(truth), _label(document.get("label")))


def _label(value: Any) -> str | None:
    """Read a label; a client may have written a number, or true."""
    if isinstance(value, str):
        return value or None
    return shown_label(value) if isinstance(value, int | float) else None


def _numbers(value: Any) -> Numbers | None:
    """Read a number, a list of them, or the text that a number becomes as a label."""
    given = value if isinstance(value, list | tuple) else [value]
    try:
        numbers = tuple(float(it) for it in given if not isinstance(it, bool))
    except (TypeError, ValueError):
        return None
    is_whole = bool(numbers) and len(numbers) == len(given)
    return numbers if is_whole and all(map(math.isfinite, numbers)) else None
