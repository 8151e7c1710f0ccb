"""Documents that were taken out of a service, and can be put back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from marcelle_nb.data.taken_keys import TakenKeys


class Taken:
    """What `Service.take` gives: nothing of the documents but their ids is in memory.

    Parameters
    ----------
    key : str
        What the store keeps them under.
    keys : TakenKeys
        Which are told when this object is gone.

    Attributes
    ----------
    ids : tuple of str
        Of the documents, in their order; empty until they are taken out.
    key : str
        The same.
    """

    def __init__(self, key: str, keys: TakenKeys) -> None:
        self.ids: tuple[str, ...] = ()
        self.key = key
        keys.watch(self, key)

    def __len__(self) -> int:
        return len(self.ids)

    def __copy__(self) -> Self:
        return self  # a second one would forget what this one still holds

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} documents>"
