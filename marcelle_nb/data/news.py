"""What a listener reads at a time of the table of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from marcelle_nb.data.foreign_change import ForeignChange


class News(NamedTuple):
    """What other processes did.

    Attributes
    ----------
    mark : int
        Where to go on.
    changes : list of ForeignChange
        In the order of the commits.
    is_lost : bool
        Whether there was more, which is no longer known.
    is_all : bool
        Whether that is all there is by now.
    """

    mark: int
    changes: list[ForeignChange]
    is_lost: bool = False
    is_all: bool = True
