"""The instances of a dataset, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.data.service_iterable import ServiceIterable
from marcelle_nb.data.stored_instance import as_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marcelle_nb.data.instance import Instance


class InstanceIterable(ServiceIterable):
    """Instances, read in pages while they are iterated, in the order of their creation.

    As any `LazyIterable` it can be read again, and finds what is there then; `query`, `skip`,
    `take`, `select` narrow what is read, `map`, `filter`, `zip` work on what was read.
    """

    def _documents(self) -> Iterator[Instance]:
        return map(as_instance, super()._documents())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of instances: iterate it, or take some with .take(3)>"
