"""The centres that k-means finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import RunCancelled
from marcelle_nb.models.input_rows import pixel_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from marcelle_nb.run import Run

NUMBERS_PER_BLOCK = 2**19
"""Of float64 numbers that are worked on at a time: 4 MB."""

MAX_STEPS, TOLERANCE = 300, 1e-12
"""It ends where no row changes its cluster, or where the squares of all centres' moves are less
than this share of the squares of all rows' distances."""


@dataclass(frozen=True, eq=False)
class ClusterCenters:
    """Centres of clusters, and which of them each row belongs to.

    Attributes
    ----------
    centers : float64, shape (k, n_features)
    clusters : intp, shape (n_rows,)
        The number of the nearest centre for each row that was learned from.
    """

    centers: NDArray[np.float64]
    clusters: NDArray[np.intp]

    @classmethod
    def fit(cls, rows: NDArray[Any], k: int, rng: np.random.Generator, run: Run) -> ClusterCenters:
        """Find centres with k-means++ and Lloyd's steps.

        Parameters
        ----------
        rows : float32 or uint8, shape (n_rows, n_features)
            Finite numbers, or bytes of images; at least `k` rows. They are not changed.
        k : int
        rng : numpy.random.Generator
        run : Run
            Cancelled, it keeps the centres that it has reached.

        Notes
        -----
        Cost: O(n_rows · k · n_features) a step, in slices between which a cancel is read. A cluster
        that loses its last row gets the row farthest from its centre.

        References
        ----------
        Arthur, D. & Vassilvitskii, S. (2007). k-means++: the advantages of careful seeding. SODA.
        """
        search = _Search(rows, run)
        centers = search.seeds(k, rng)
        clusters, distances, sums = search.assign(centers)
        limit = TOLERANCE * float(distances.sum())
        for _ in range(MAX_STEPS):
            moved = search.moved(clusters, distances, sums, k)
            try:
                newest, distances, sums = search.assign(moved)
            except RunCancelled:  # what was reached before stays
                break
            is_settled = np.array_equal(newest, clusters)
            shift = float(np.square(moved - centers).sum())
            centers, clusters = moved, newest
            if is_settled or shift <= limit:
                break
        return cls(centers, clusters)

    def distances(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Give the Euclidean distance of each row to each centre, shape (n_rows, k)."""
        result = np.empty((len(rows), len(self.centers)))
        for block in _blocks(len(rows), self.centers.size):
            differences = rows[block, None].astype(np.float64) - self.centers[None]
            result[block] = np.sqrt(np.square(differences).sum(axis=2))
        return result


class _Search:
    """One search for centres; sums are made around the mean, so that no digits are lost."""

    def __init__(self, rows: NDArray[Any], run: Run) -> None:
        self._rows = rows
        self._run = run
        total = np.zeros(rows.shape[1])
        for _, block in self._numbers():
            total += block.sum(axis=0)
        self._mean = total / len(rows)

    def seeds(self, k: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw rows as first centres, each far from those before: the best of a few tries."""
        n = len(self._rows)
        centers = [self._row(int(rng.integers(n)))]
        nearest = self._squared(centers[0][None])[:, 0]
        tries = 2 + int(np.log(k))
        while len(centers) < k:
            total = nearest.sum()
            if total > 0:
                chosen = rng.choice(n, tries, p=nearest / total)
            else:  # fewer different rows than clusters
                chosen = rng.integers(n, size=1)
            drawn = np.stack([self._row(int(row)) for row in chosen])
            closer = np.minimum(nearest[:, None], self._squared(drawn))
            best = int(closer.sum(axis=0).argmin())
            centers.append(drawn[best])
            nearest = closer[:, best]
        return np.stack(centers)

    def assign(
        self, centers: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
        """Give each row's nearest centre, its squared distance, and the sum of each cluster."""
        clusters = np.empty(len(self._rows), np.intp)
        distances = np.empty(len(self._rows))
        sums = np.zeros(centers.shape)
        shifted = centers - self._mean
        for block, given in self._numbers():
            numbers = given - self._mean
            squared = _squared(numbers, shifted)
            nearest = squared.argmin(axis=1)
            clusters[block] = nearest
            distances[block] = squared[np.arange(len(nearest)), nearest]
            for cluster in np.unique(nearest):
                sums[cluster] += numbers[nearest == cluster].sum(axis=0)
        return clusters, distances, sums

    def moved(
        self,
        clusters: NDArray[np.intp],
        distances: NDArray[np.float64],
        sums: NDArray[np.float64],
        k: int,
    ) -> NDArray[np.float64]:
        """Give the mean of each cluster; of an empty one, a row far from its centre."""
        counts = np.bincount(clusters, minlength=k)
        centers: NDArray[np.float64] = sums / np.maximum(counts, 1)[:, None] + self._mean
        empty = np.flatnonzero(counts == 0)
        farthest = np.argsort(-distances, kind="stable")[: len(empty)]
        for cluster, row in zip(empty, farthest, strict=True):
            centers[cluster] = self._row(int(row))
        return centers

    def _squared(self, centers: NDArray[np.float64]) -> NDArray[np.float64]:
        shifted = centers - self._mean
        parts = [_squared(numbers - self._mean, shifted) for _, numbers in self._numbers()]
        return np.concatenate(parts)

    def _numbers(self) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        for block in _blocks(len(self._rows), self._rows.shape[1]):
            self._run.checkpoint()
            yield block, pixel_values(self._rows[block]).astype(np.float64)

    def _row(self, index: int) -> NDArray[np.float64]:
        return pixel_values(self._rows[index]).astype(np.float64)


def _squared(rows: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.square(rows).sum(axis=1)[:, None] + np.square(centers).sum(axis=1)
    squared: NDArray[np.float64] = np.maximum(lengths - 2 * (rows @ centers.T), 0)
    return squared


def _blocks(n_rows: int, width: int) -> Iterator[slice]:
    size = max(1, NUMBERS_PER_BLOCK // max(1, width))
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))
