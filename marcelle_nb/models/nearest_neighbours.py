"""The fitted state of a nearest-neighbour classifier by cosine similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from marcelle_nb.data.arrays import empty_rows
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.unit_rows import NUMBERS_PER_BLOCK, as_rows, reorder, unit_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = "NDArray[np.float32]"
Indices: TypeAlias = "NDArray[np.intp]"

LARGEST_ARRAY_INDEX = 2**32 - 2
FEW_QUERIES = 4
"""Up to here queries are done one by one on one core; see `matrix_product` for why."""

ROUNDING = 1e-5
"""More than the error of a float32 dot product of two unit vectors of 1,024 numbers (1e-6)."""


@dataclass(frozen=True, eq=False)
class NearestNeighbours:
    """Labelled unit vectors that vote on the label of a query.

    Strictly read-only: made by `fit`, never changed. It answers as Marcelle's KNN does
    (`knn-classifier` 1.2 of TensorFlow.js), ties and orders included, except that a zero vector has
    similarity 0 to all.
    """

    rows: Floats
    """Unit rows, shape (n_rows, n_features), class by class as in `classes`; read-only."""

    class_of_row: Indices
    """Shape (n_rows,): the position in `classes` of each row's label; ascending, read-only."""

    classes: tuple[str, ...]
    """The labels in the order of a JavaScript object's keys, which decides ties."""

    labels: tuple[str, ...]
    """The labels in first-seen order."""

    @classmethod
    def fit(
        cls, rows: ArrayLike, labels: Sequence[str], *, overwrite: bool = False
    ) -> NearestNeighbours:
        """Keep labelled rows as unit vectors.

        Parameters
        ----------
        rows : float, shape (n_rows, n_features)
            Finite numbers, or bytes of images; only their direction counts.
        labels : sequence of str, length n_rows
            The label of each row.
        overwrite : bool
            Whether the unit vectors may take the memory of `rows`, where these are float32.

        Raises
        ------
        ValueError
            If the shapes do not fit together, or a number is not finite.
        """
        given = as_rows("rows", rows)
        if len(given) != len(labels):
            raise ValueError(f"labels: expected {len(given)}, one a row, got {len(labels)}")
        first_seen = tuple(dict.fromkeys(labels))
        classes = javascript_key_order(first_seen)
        position = {label: index for index, label in enumerate(classes)}
        class_of_row = np.array([position[label] for label in labels], dtype=np.intp)
        order = np.argsort(class_of_row, kind="stable")
        in_place = overwrite and given.dtype == np.float32 and given.flags.c_contiguous
        units = given if in_place else empty_rows(given.shape, np.dtype(np.float32))
        unit_rows("rows", given, units)
        reorder(units, order)
        class_of_row = class_of_row[order]
        units.flags.writeable = class_of_row.flags.writeable = False
        return cls(units, class_of_row, classes, first_seen)

    @classmethod
    def of_classes(cls, rows: Mapping[str, Floats], labels: Sequence[str]) -> NearestNeighbours:
        """Take rows as they are, those of each label together; see `by_class`.

        Parameters
        ----------
        rows : mapping of str to float32, shape (n_rows, n_features)
            Finite numbers, all of one width, at least one row a label.
        labels : sequence of str
            The same labels in first-seen order.
        """
        classes = javascript_key_order(tuple(labels))
        counts = [len(rows[label]) for label in classes]
        units = np.concatenate([np.asarray(rows[label], np.float32) for label in classes])
        class_of_row = np.repeat(np.arange(len(classes), dtype=np.intp), counts)
        units.flags.writeable = class_of_row.flags.writeable = False
        return cls(units, class_of_row, classes, tuple(labels))

    def by_class(self) -> dict[str, Floats]:
        """Give the rows of each label, in the order of `classes`: what `of_classes` takes."""
        ends = np.searchsorted(self.class_of_row, range(len(self.classes) + 1))
        return {
            label: self.rows[ends[place] : ends[place + 1]]
            for place, label in enumerate(self.classes)
        }

    def predict_many(self, queries: ArrayLike, k: int) -> list[ClassifierResults]:
        """Label each query by a vote of its k nearest rows.

        Rows equally near count from the first on, in the order of `rows`; of labels with equally
        many votes the first in `classes` wins.

        Parameters
        ----------
        queries : float, shape (n_queries, n_features)
            Finite numbers; only their direction counts.
        k : int
            How many rows vote, at least 1; all of them where there are fewer.

        Returns
        -------
        list of ClassifierResults
            One a query. A confidence is the share of the votes; every label has one, in the order
            of `classes`.

        Raises
        ------
        ValueError
            If `k` is less than 1, or the queries are not finite numbers in rows as wide as those
            fitted.

        Notes
        -----
        Thread: any. Cost: O(n_queries · n_rows · n_features), in blocks of bounded memory.

        Similarities are compared as float32 numbers, that is to the precision of the rows: BLAS
        finds who is near, and whoever lies within its rounding of the k-th is computed again in one
        fixed order of float64 additions, so that equal rows tie on every machine, whichever block
        of a product they fell into.

        References
        ----------
        Cover, T. & Hart, P. (1967). Nearest neighbor pattern classification. IEEE Trans. Inf.
        Theory 13(1), 21-27.
        """
        if k < 1:
            raise ValueError(f"k: expected a whole number >= 1, got {k}")
        given = as_rows("queries", queries)
        if len(self.rows) == 0:
            return [ClassifierResults()] * len(given)
        n_rows, n_features = self.rows.shape
        if given.shape[1] != n_features:
            raise ValueError(f"queries: expected {n_features} numbers each, got {given.shape[1]}")
        count = min(k, n_rows)
        size = max(1, NUMBERS_PER_BLOCK // max(n_rows, n_features))
        votes: list[list[int]] = []
        for i in range(0, len(given), size):
            block = given[i : i + size]
            units = unit_rows("queries", block, np.empty(block.shape, np.float32))
            votes += self._votes(units, count).tolist()
        return [self._result(row, count) for row in votes]

    def _votes(self, units: Floats, count: int) -> Indices:
        """Count the votes for each class, shape (n_queries, n_classes)."""
        if count == len(self.rows):
            everyone = np.bincount(self.class_of_row, minlength=len(self.classes))
            return np.tile(everyone, (len(units), 1))
        votes = np.zeros((len(units), len(self.classes)), dtype=np.intp)
        for query, row in self._nearest(units, count):
            np.add.at(votes, (query, self.class_of_row[row]), 1)
        return votes

    def _nearest(self, units: Floats, count: int) -> Iterator[tuple[Indices, Indices]]:
        """Give pairs of a query and one of its nearest rows: the certain ones, then close calls."""
        similarity = self._similarity(units)
        last = np.partition(similarity, -count, axis=1)[:, -count, None]
        # A dot product's rounding error grows like the root of its length.
        margin = ROUNDING * max(1.0, (units.shape[1] / 1024) ** 0.5)
        certain = similarity > last + margin
        query, row = np.nonzero(certain)
        yield query, row
        wanted = count - np.count_nonzero(certain, axis=1)
        query, row = np.nonzero(~certain & (similarity >= last - margin))
        exact = self._exact(units, query, row)
        order = np.lexsort((row, -exact, query))
        query, row = query[order], row[order]
        rank = np.arange(len(query)) - np.searchsorted(query, query)
        chosen = rank < wanted[query]
        yield query[chosen], row[chosen]

    def _similarity(self, units: Floats) -> Floats:
        """Multiply each query with each row, to within float32's rounding."""
        if len(units) > FEW_QUERIES:
            return units @ self.rows.T
        similarity = np.empty((len(units), len(self.rows)), dtype=np.float32)
        for query, result in zip(units, similarity, strict=True):
            np.vecdot(self.rows, query, out=result)
        return similarity

    def _exact(self, units: Floats, query: Indices, row: Indices) -> Floats:
        """Compute the similarities of pairs so that they depend on the numbers alone."""
        result = np.empty(len(query), dtype=np.float32)
        size = max(1, NUMBERS_PER_BLOCK // max(1, units.shape[1]))
        for i in range(0, len(query), size):
            block = slice(i, i + size)
            # Products of two float32 numbers are exact in float64; each row is then added up by
            # itself.
            products = np.multiply(self.rows[row[block]], units[query[block]], dtype=np.float64)
            result[block] = products.sum(axis=1)
        return result

    def _result(self, votes: list[int], count: int) -> ClassifierResults:
        winner = self.classes[votes.index(max(votes))]
        shares = (n / count for n in votes)
        return ClassifierResults(winner, dict(zip(self.classes, shares, strict=True)))


def javascript_key_order(keys: Sequence[str]) -> tuple[str, ...]:
    """Order names as a JavaScript object does: array indices ascending, then the others."""
    return tuple(
        sorted(
            keys, key=lambda name: int(name) if _is_array_index(name) else LARGEST_ARRAY_INDEX + 1
        )
    )


def _is_array_index(name: str) -> bool:
    # Ten digits at most, looked at first: Python refuses to make a number of very many.
    if not (0 < len(name) <= 10 and name.isascii() and name.isdigit()):
        return False
    return int(name) <= LARGEST_ARRAY_INDEX and str(int(name)) == name
