"""Documents that were taken out of a service, and can be put back."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Taken:
    """What `Service.take` gives: nothing of the documents but their ids is in memory.

    Parameters
    ----------
    ids : sequence of str
        Of the documents, in their order.
    key : str
        What the store keeps them under.
    forget : callable
        Called with the key when this object is gone.

    Attributes
    ----------
    ids : tuple of str
        The same.
    key : str
        The same.
    """

    def __init__(self, ids: Sequence[str], key: str, forget: Callable[[str], object]) -> None:
        self.ids = tuple(ids)
        self.key = key
        weakref.finalize(self, forget, key)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} documents>"
