"""The instances of a dataset, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.data.instance_query import InstanceQuery
from marcelle_nb.data.service_iterable import ServiceIterable

if TYPE_CHECKING:
    from marcelle_nb.data.query import Query, RawQuery


class InstanceIterable(ServiceIterable):
    """Instances, read in pages while they are iterated, in the order of their creation.

    As any `LazyIterable` it can be read again, and finds what is there then; `query`, `skip`,
    `take`, `select` narrow what is read, `map`, `filter`, `zip` work on what was read.
    """

    def query(self, query: RawQuery | Query) -> ServiceIterable:
        """Give the instances for which this query holds too; its other parameters replace those."""
        return super().query(InstanceQuery.parse(query))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of instances: iterate it, or take some with .take(3)>"
