"""The points of a scatter plot, in the form that travels to the page."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOWHERE = float("nan")
MAX_LABELS = 1_000
OTHERS = 65_535
"""The code of the labels beyond `MAX_LABELS`."""

GONE = 65_534
"""The code of a place whose instance was removed."""

NUMBER = 65_533
"""The code of what is coloured by a number."""

Color: TypeAlias = str | float
"""What the colour of a point stands for: a label, or a number on a scale; "" for nothing."""


class PointCloud:
    """Points by instance. A point keeps its number for as long as the cloud lives.

    Attributes
    ----------
    ids : list of str
        The instances' identifiers, by number; "" where one was removed.
    labels : dict of str to int
        Which code each label has that points have; "" stands for none. The code of one that no
        point has any more is given to the next.

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
        self._values = array("d")
        self._changed: set[int] = set()
        self._names: list[str] = []
        self._uses: Counter[int] = Counter()
        self._free: list[int] = []

    def __len__(self) -> int:
        """Count the instances, also those that have no place."""
        return len(self._numbers)

    @property
    def names(self) -> list[str]:
        """The labels by their codes; "" at one that is not in use."""
        return list(self._names)

    def put(self, identifier: str, place: tuple[float, float], color: Color) -> None:
        """Add a point, or move it; NaN is nowhere."""
        number = self._numbers.get(identifier)
        if number is None:
            number = self._numbers[identifier] = len(self.ids)
            self.ids.append(identifier)
            self._xy.extend(place)
            self._codes.append(GONE)
            self._values.append(NOWHERE)
        else:
            self._xy[2 * number], self._xy[2 * number + 1] = place
        self._values[number] = NOWHERE if isinstance(color, str) else color
        self._dye(number, self._code(color) if isinstance(color, str) else NUMBER)
        self._changed.add(number)

    def remove(self, identifier: str) -> None:
        """Take a point away; does nothing where there is none."""
        number = self._numbers.pop(identifier, None)
        if number is not None:
            self.ids[number] = ""
            self._xy[2 * number] = self._xy[2 * number + 1] = NOWHERE
            self._values[number] = NOWHERE
            self._dye(number, GONE)
            self._changed.add(number)

    def _code(self, label: str) -> int:
        if label not in self.labels:
            if len(self.labels) == MAX_LABELS:
                return OTHERS
            if not self._free:
                self._free.append(len(self._names))
                self._names.append("")
            code = self.labels[label] = heapq.heappop(self._free)
            self._names[code] = label
        return self.labels[label]

    def _dye(self, number: int, code: int) -> None:
        """Give a point a code, and set that free which it had if it was the last with it."""
        before = self._codes[number]
        self._codes[number] = code
        self._uses[code] += 1
        if before == GONE:
            return
        self._uses[before] -= 1
        if self._uses[before] == 0 and before < len(self._names):
            del self.labels[self._names[before]]
            self._names[before] = ""
            heapq.heappush(self._free, before)

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
        """Give x and y of all points as pairs of float64, and their codes as uint16.

        Where some are coloured by numbers, also these, as float64.
        """
        self._changed.clear()
        values = [self._values.tobytes()] if self._has_numbers else []
        return [self._xy.tobytes(), self._codes.tobytes(), *values]

    @property
    def _has_numbers(self) -> bool:
        return self._uses[NUMBER] > 0

    def changes(self) -> list[bytes]:
        """Give what changed since this or `everything` was last called.

        The numbers of the points as uint32, and of these what `everything` gives of all.
        """
        numbers = np.array(sorted(self._changed), "<u4")
        self._changed.clear()
        xy = self.places()[numbers]
        codes = np.frombuffer(self._codes.tobytes(), "<u2")[numbers]
        values = [self.values()[numbers].tobytes()] if self._has_numbers else []
        return [numbers.tobytes(), xy.tobytes(), codes.tobytes(), *values]

    @property
    def has_changed(self) -> bool:
        """Whether `changes` has something to give."""
        return bool(self._changed)

    def places(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Copy x and y of all points, shape (n, 2)."""
        return np.frombuffer(self._xy.tobytes(), "<f8").reshape(-1, 2)

    def values(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Copy the numbers by which points are coloured, shape (n,); NaN for the others."""
        return np.frombuffer(self._values.tobytes(), "<f8")

    def codes(self) -> Sequence[int]:
        """Copy the codes of all points."""
        return self._codes[:]
