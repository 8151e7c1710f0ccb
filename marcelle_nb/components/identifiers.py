"""The kind of a parameter that holds identifiers of instances."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from marcelle_nb.kinds import Kind, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.data.dataset import Dataset

MAX_IDENTIFIERS = 1_000_000

_IDENTIFIER = Text(max_length=200)


@dataclass(frozen=True)
class Identifiers(Kind):
    """A list of identifiers, each once."""

    type: ClassVar[str] = "identifiers"

    def check(self, name: str, value: Any) -> list[str]:
        """Return a new list, in the order given; whether the instances exist is not asked."""
        try:
            given = None if isinstance(value, str | bytes | Mapping | AbstractSet) else list(value)
        except TypeError:
            given = None
        if given is None:
            raise TypeError(f"{name}: expected a list of identifiers, got {value!r:.80}")
        if len(given) > MAX_IDENTIFIERS:
            raise ValueError(
                f"{name}: expected at most {MAX_IDENTIFIERS:,} identifiers, got {len(given):,}"
            )
        checked = (_IDENTIFIER.check(f"{name}[{place}]", it) for place, it in enumerate(given))
        return list(dict.fromkeys(checked))


def still_there(dataset: Dataset, ids: Sequence[str]) -> list[str]:
    """Give those of the ids that instances of a dataset have, in their order."""
    if not ids:
        return []
    there = {it["id"] for it in dataset.items({"id": {"$in": [*ids]}}).select([])}
    return [identifier for identifier in ids if identifier in there]
