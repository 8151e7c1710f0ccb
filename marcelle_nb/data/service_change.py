"""What happened to the documents of a service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

ChangeKind: TypeAlias = Literal["created", "updated", "patched", "removed", "reset"]


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """One change, of however many documents.

    Attributes
    ----------
    kind : "created", "updated", "patched", "removed" or "reset"
        What happened. "reset": more than is remembered, so that a listener must read all again.
    documents : list of dict
        The documents after the change, or removed ones as they were. Of more than 100, and of those
        that another process removed, without the fields in which there are arrays and thumbnails;
        of the latter, large ones come with their short fields alone, and more than a thousand with
        `id` and `datasetName` alone.
    is_local : bool
        Whether this process made the change.
    number : int
        Its place among all that the service told of, from 1.
    """

    kind: ChangeKind
    documents: list[dict[str, Any]]
    is_local: bool = True
    number: int = field(default=0, compare=False)
