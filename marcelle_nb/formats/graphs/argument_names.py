"""Names for the inputs and outputs of functions that TensorFlow traces and converters write."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Give each name once: those that are there again get a number."""
    taken: set[str] = set()
    result = []
    for name in names:
        free, i = name, 0
        while free in taken or (free != name and free in names):
            i += 1
            free = f"{name}_{i}"
        taken.add(free)
        result.append(free)
    return tuple(result)


def identifiers(names: Iterable[str], kind: str) -> list[str]:
    """Give names that an argument of a function may have and every format takes, no two alike.

    Parameters
    ----------
    names : iterable of str
    kind : str
        What stands before a name that begins with no letter, as `"input"`.
    """
    made = []
    for i, name in enumerate(names):
        plain = re.sub(r"\W", "_", name.removesuffix(":0"), flags=re.ASCII) or str(i)
        legal = plain[0].isalpha() and not keyword.iskeyword(plain)
        made.append(plain if legal else f"{kind}_{plain}")
    return [*unique(made)]
