"""The points of a scatter plot, in the form that travels to the page."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOWHERE = float("nan")
MAX_LABELS = 1_000
OTHERS = 65_535
"""The code of the labels beyond `MAX_LABELS`."""

GONE = 65_534
"""The code of a place whose instance was removed."""


class PointCloud:
    """Points by instance. A point keeps its number for as long as the cloud lives.

    Attributes
    ----------
    ids : list of str
        The instances' identifiers, by number; "" where one was removed.
    labels : dict of str to int
        Which code a label has, in first-seen order; "" stands for none.

    Notes
    -----
    Thread: one at a time.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.labels: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._xy = array("d")
        self._codes = array("H")
        self._changed: set[int] = set()

    def __len__(self) -> int:
        """Count the instances, also those that have no place."""
        return len(self._numbers)

    def put(self, identifier: str, place: tuple[float, float], label: str) -> None:
        """Add a point, or move it; NaN is nowhere."""
        number = self._numbers.get(identifier)
        if number is None:
            number = self._numbers[identifier] = len(self.ids)
            self.ids.append(identifier)
            self._xy.extend(place)
            self._codes.append(0)
        else:
            self._xy[2 * number], self._xy[2 * number + 1] = place
        self._codes[number] = self._code(label)
        self._changed.add(number)

    def remove(self, identifier: str) -> None:
        """Take a point away; does nothing where there is none."""
        number = self._numbers.pop(identifier, None)
        if number is not None:
            self.ids[number] = ""
            self._xy[2 * number] = self._xy[2 * number + 1] = NOWHERE
            self._codes[number] = GONE
            self._changed.add(number)

    def _code(self, label: str) -> int:
        if label not in self.labels:
            if len(self.labels) == MAX_LABELS:
                return OTHERS
            self.labels[label] = len(self.labels)
        return self.labels[label]

    @property
    def is_hollow(self) -> bool:
        """Whether most places are those of removed instances."""
        return len(self.ids) > 2 * len(self) + 1_000

    def id(self, number: int) -> str:
        """Give the instance of a number; "" where there is none."""
        return self.ids[number] if 0 <= number < len(self.ids) else ""

    def numbers(self, ids: Iterable[str]) -> bytes:
        """Give the numbers of the instances that are here, as uint32."""
        found = (self._numbers[identifier] for identifier in ids if identifier in self._numbers)
        return np.fromiter(found, "<u4").tobytes()

    def everything(self) -> list[bytes]:
        """Give x and y of all points as pairs of float64, and their codes as uint16."""
        self._changed.clear()
        return [self._xy.tobytes(), self._codes.tobytes()]

    def changes(self) -> list[bytes]:
        """Give what changed since this or `everything` was last called: numbers, x and y, codes."""
        numbers = np.array(sorted(self._changed), "<u4")
        self._changed.clear()
        xy = self.places()[numbers]
        codes = np.frombuffer(self._codes.tobytes(), "<u2")[numbers]
        return [numbers.tobytes(), xy.tobytes(), codes.tobytes()]

    @property
    def has_changed(self) -> bool:
        """Whether `changes` has something to give."""
        return bool(self._changed)

    def places(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Copy x and y of all points, shape (n, 2)."""
        return np.frombuffer(self._xy.tobytes(), "<f8").reshape(-1, 2)

    def codes(self) -> Sequence[int]:
        """Copy the codes of all points."""
        return self._codes[:]
