"""What another process did to a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from marcelle_nb.data.service_change import ChangeKind


class ForeignChange(NamedTuple):
    """One row of the table of changes, that another process wrote.

    Attributes
    ----------
    number : int
        Its place among all.
    service : str
        The name of the service.
    kind : str
        What was done.
    ids : list of str
        To which documents.
    removed : list of dict
        What is left to say of removed ones.
    """

    number: int
    service: str
    kind: ChangeKind
    ids: list[str]
    removed: list[dict[str, Any]]
