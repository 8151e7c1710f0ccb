"""What the instances of a training say is to be learned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from marcelle_nb.data.arrays import named
from marcelle_nb.errors import InstanceRejected

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.data.instance import Instance

Learned: TypeAlias = Literal["label", "number", "maybe", "nothing"]
"""A label; a number or a list of numbers; a label where there is one; nothing."""

_LARGEST = float(np.finfo(np.float32).max)


class Targets:
    """Collects the `y` of instances.

    Parameters
    ----------
    learned : {"label", "number", "maybe", "nothing"}

    Attributes
    ----------
    labels : list of str
        Where labels are learned; "" stands for none, where none is allowed.
    """

    def __init__(self, learned: Learned) -> None:
        self.labels: list[str] = []
        self._learned = learned
        self._numbers: list[list[float]] = []
        self._same: dict[str, str] = {}  # one text for each label, however many rows have it

    def add(self, instance: Instance, index: int) -> None:
        """Take the `y` of the next instance, of which `index` came before.

        Raises
        ------
        InstanceRejected
            If it has not what is to be learned, or not as many numbers as the first.
        """
        if self._learned == "number":
            self._add_numbers(instance.get("y"), instance, index)
        elif self._learned != "nothing":
            self._add_label(instance.get("y"), instance, index)

    @property
    def numbers(self) -> NDArray[np.float32] | None:
        """Shape (n, n_outputs), where numbers are learned."""
        return np.array(self._numbers, np.float32) if self._learned == "number" else None

    def _add_label(self, y: Any, instance: Instance, index: int) -> None:
        if isinstance(y, list):
            raise _refused("a label", y, instance, index)
        if not y and self._learned == "label":
            raise _refused("a label", None, instance, index)
        label = str(y or "")
        self.labels.append(self._same.setdefault(label, label))

    def _add_numbers(self, y: Any, instance: Instance, index: int) -> None:
        try:
            numbers = [float(value) for value in (y if isinstance(y, list) else [y])]
        except (TypeError, ValueError):  # a label, or none
            raise _refused("a number or a list of numbers", y, instance, index) from None
        if not all(math.isfinite(value) and abs(value) <= _LARGEST for value in numbers):
            raise _refused("finite numbers of float32", y, instance, index)
        width = len(self._numbers[0]) if self._numbers else len(numbers)
        if len(numbers) != width:
            expected = "one number" if width == 1 else f"{width} numbers"
            raise _refused(f"{expected}, as of the first instance", y, instance, index)
        self._numbers.append(numbers)


def _refused(expected: str, y: Any, instance: Instance, index: int) -> InstanceRejected:
    got = "none" if y is None else f"{y!r:.80}"
    return InstanceRejected(f"y of {named(instance, index)}: expected {expected}, got {got}")
