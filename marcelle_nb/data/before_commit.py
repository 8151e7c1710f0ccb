"""What hears of a change that is about to be made.

Where a commit fails, or is interrupted, nobody may know whether it was done. Who has to know what
was changed then is told before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

BeforeCommit = Callable[[T | None], object]
"""Called with what the change gives when all but the commit is done; before that, and where it is
done once more, with None: whatever was done before was not committed."""


def unheard(_: object) -> None:
    """Hear nothing."""
