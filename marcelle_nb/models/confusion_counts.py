"""How often which label was predicted where another one was true."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from marcelle_nb.models.prediction_outcome import PredictionOutcome

_PART = re.compile(r"([^0-9]*)([0-9]{0,18})")


class ConfusionCounts:
    """How often which label was predicted where another one was true.

    Parameters
    ----------
    outcomes : iterable of PredictionOutcome
        Read once.

    Attributes
    ----------
    labels : list of str
        All that are true or predicted somewhere, sorted; "a 2" stands before "a 10".
    table : int64, shape (n_labels, n_labels)
        A row for each true label, a column for each predicted one.
    n_without_truth : int
        Predictions that were left out because it is not known what is true.
    n_without_label : int
        Predictions that were left out because they name no label.
    """

    def __init__(self, outcomes: Iterable[PredictionOutcome]) -> None:
        counts = Counter(outcomes)
        pairs = {it: n for it, n in counts.items() if it.is_label}
        self.labels: list[str] = in_order({str(label) for pair in pairs for label in pair})
        place = {label: at for at, label in enumerate(self.labels)}
        self.table: NDArray[np.int64] = np.zeros((len(place), len(place)), np.int64)
        for (truth, answer), n in pairs.items():
            self.table[place[str(truth)], place[str(answer)]] = n
        left_out = {it: n for it, n in counts.items() if not it.is_label}
        self.n_without_truth = sum(n for it, n in left_out.items() if it.truth is None)
        self.n_without_label = sum(left_out.values()) - self.n_without_truth

    @property
    def total(self) -> int:
        """How many predictions are counted."""
        return int(self.table.sum())

    @property
    def accuracy(self) -> float | None:
        """The share of predictions that are right; None of none."""
        return int(np.trace(self.table)) / self.total if self.total else None

    def cell(self, predicted: str, true: str) -> dict[str, Any]:
        """Give one cell, as Marcelle writes it."""
        places = [self.labels.index(it) for it in (true, predicted) if it in self.labels]
        n = int(self.table[tuple(places)]) if len(places) == 2 else 0
        return {"x": predicted, "y": true, "v": n}

    def cells(self) -> list[dict[str, Any]]:
        """Give all n² cells, those of one predicted label together, as Marcelle does."""
        columns = self.table.T.tolist()
        return [
            {"x": predicted, "y": true, "v": n}
            for predicted, column in zip(self.labels, columns, strict=True)
            for true, n in zip(self.labels, column, strict=True)
        ]

    def most_frequent(self, n: int) -> list[int]:
        """Give the places of the n labels that are most often true or predicted, in order."""
        weight = self.table.sum(0) + self.table.sum(1)
        return sorted(np.argsort(-weight, kind="stable")[:n].tolist())


def in_order(labels: Iterable[str]) -> list[str]:
    """Sort labels as people do: by value where all are numbers; else "a 2" before "a 10"."""
    found = sorted(labels)
    try:
        numbers = {label: float(label) for label in found}
    except ValueError:
        return sorted(found, key=_parts)
    is_order = all(map(math.isfinite, numbers.values()))
    return sorted(found, key=numbers.__getitem__ if is_order else _parts)


def _parts(label: str) -> list[tuple[str, int]]:
    """Take a label apart into texts, each with the number that follows it."""
    return [(text, int(number or -1)) for text, number in _PART.findall(label)]
