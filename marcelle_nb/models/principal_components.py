"""The directions in which rows differ most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.input_rows import pixel_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from marcelle_nb.run import Run

    Array = NDArray[np.float64]

EXACT = 1_500
"""Up to so many features, or rows, all variances are found at once, in a second or two."""

NUMBERS_PER_BLOCK = 2**19
"""Of float64 numbers that are worked on at a time: 4 MB."""

EXTRA, MAX_PASSES, MAX_WIDTH, TOLERANCE = 10, 30, 300, 1e-7
"""Beyond `EXACT`: directions followed beside those wanted; passes through the rows; directions that
are kept; and how small what is left out of one becomes, as a share of the largest variance."""

FEWEST = 128
"""Rows of a block at least: products of fewer are slow."""


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Orthogonal directions, those of the largest variance first.

    Attributes
    ----------
    means : float64, shape (n_features,)
    directions : float64, shape (n_features, n_components)
        Unit vectors; in each, the first of its largest numbers by amount is positive.
    variances : float64, shape (n,)
        Along each direction, those that are not kept too where they were found.
    total : float
        The sum of the variances of all features.
    """

    means: Array
    directions: Array
    variances: Array
    total: float

    @classmethod
    def fit(cls, rows: NDArray[Any], n_components: int, run: Run) -> PrincipalComponents:
        """Find the first components of rows.

        Parameters
        ----------
        rows : float32 or uint8, shape (n_rows, n_features)
            Finite numbers, or bytes of images. They are not changed, and not copied.
        n_components : int
            At most the smaller of the numbers of rows and features.
        run : Run
            Between slices, a cancel is read.

        Notes
        -----
        Rows are centred, and not scaled. The same rows give the same components on one machine.
        Where there are at most 1,500 rows or features, the components come from the covariances
        and are exact; else from a subspace that is multiplied by them until it holds the
        components, 30 times at most; of nearly equal variances it then gives a mixture.
        """
        centred = _Centred(rows, run)
        n, width = rows.shape
        if width <= min(n, EXACT):
            directions, variances = _from_covariances(centred)
        elif n <= EXACT:
            directions, variances = _from_products(centred, n_components)
        else:
            directions, variances = _from_subspace(centred, n_components)
        kept = directions[:, :n_components]
        largest = np.abs(kept).argmax(axis=0)
        signs = np.where(kept[largest, np.arange(kept.shape[1])] < 0, -1.0, 1.0)
        return cls(centred.means, kept * signs, variances, centred.total)

    @property
    def explained(self) -> list[float]:
        """The share that each variance has in the total; zeros where all rows are the same."""
        shares = self.variances / self.total if self.total > 0 else np.zeros(len(self.variances))
        return shares.tolist()  # type: ignore[no-any-return]

    def coordinates(self, rows: NDArray[Any], n_components: int) -> Array:
        """Give where rows lie along the first directions, shape (n_rows, n_components)."""
        result: Array = (rows.astype(np.float64) - self.means) @ self.directions[:, :n_components]
        return result


class _Centred:
    """Rows minus their mean, a few at a time."""

    def __init__(self, rows: NDArray[Any], run: Run) -> None:
        self._rows = rows
        self._run = run
        self.means = np.zeros(rows.shape[1])
        self.means = sum((block.sum(axis=0) for _, block in self.blocks()), self.means) / len(rows)
        squares = sum(float(np.square(block).sum()) for _, block in self.blocks())
        self.total = squares / self.freedom

    @property
    def shape(self) -> tuple[int, int]:
        return self._rows.shape[0], self._rows.shape[1]

    @property
    def freedom(self) -> int:
        return max(1, len(self._rows) - 1)

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        n_rows, width = self._rows.shape
        size = max(FEWEST, NUMBERS_PER_BLOCK // width)
        for start in range(0, n_rows, size):
            self._run.checkpoint()
            block = slice(start, min(start + size, n_rows))
            yield block, pixel_values(self._rows[block]).astype(np.float64) - self.means

    def columns(self) -> Iterator[Array]:
        n_rows, width = self._rows.shape
        size = max(1, NUMBERS_PER_BLOCK // n_rows)
        for start in range(0, width, size):
            self._run.checkpoint()
            part = slice(start, start + size)
            yield pixel_values(self._rows[:, part]).astype(np.float64) - self.means[part]

    def covariances_times(self, vectors: Array) -> Array:
        result = np.zeros(vectors.shape)
        for _, block in self.blocks():
            result += block.T @ (block @ vectors)
        return result / self.freedom


def _from_covariances(centred: _Centred) -> tuple[Array, Array]:
    """Give all directions, the largest variance first."""
    width = centred.shape[1]
    covariances = np.zeros((width, width))
    for _, block in centred.blocks():
        covariances += block.T @ block
    values, vectors = np.linalg.eigh(covariances / centred.freedom)
    return vectors[:, ::-1], np.maximum(values[::-1], 0)


def _from_products(centred: _Centred, n_components: int) -> tuple[Array, Array]:
    """Do the same where there are fewer rows than features: from the products of rows."""
    n_rows, width = centred.shape
    products = np.zeros((n_rows, n_rows))
    for part in centred.columns():
        products += part @ part.T
    values, vectors = np.linalg.eigh(products / centred.freedom)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1][:, :n_components]
    directions = np.zeros((width, n_components))
    for block, numbers in centred.blocks():
        directions += numbers.T @ vectors[block]
    return _orthonormal(directions), values


def _from_subspace(centred: _Centred, n_components: int) -> tuple[Array, Array]:
    """Do the same for many rows of many features; only the first variances are found.

    A block Krylov subspace: directions, and what the covariances make of them again and again.
    """
    size = min(n_components + EXTRA, *centred.shape)
    block = _orthonormal(np.random.default_rng(0).normal(size=(centred.shape[1], size)))
    basis = images = np.zeros((centred.shape[1], 0))
    widest = min(max(MAX_WIDTH, 2 * size), *centred.shape)
    for _ in range(MAX_PASSES):
        product = centred.covariances_times(block)
        basis, images = np.hstack([basis, block]), np.hstack([images, product])
        values, turn = np.linalg.eigh(basis.T @ images)
        values, turn = np.maximum(values[::-1][:size], 0), turn[:, ::-1][:, :size]
        found, reached = basis @ turn, images @ turn
        left = np.square(reached - found * values)[:, :n_components].sum(axis=0).max()
        if np.sqrt(left) <= TOLERANCE * values[0]:
            break
        if 2 * size > widest:  # no room for more than the newest
            basis = images = basis[:, :0]
            block = _orthonormal(reached)
            continue
        if basis.shape[1] + size > widest:
            basis, images = found, reached
        block = product - basis @ (basis.T @ product)
        block = _orthonormal(block - basis @ (basis.T @ block))
        block = _orthonormal(block - basis @ (basis.T @ block))  # what was nearly in it
    return found, values[:n_components]


def _orthonormal(vectors: Array) -> Array:
    """Make columns orthogonal and of length 1, the first first; empty ones become some others."""
    lengths = np.sqrt(np.square(vectors).sum(axis=0))
    tiny = lengths <= 1e-10 * max(lengths.max(initial=0), 1e-300)
    filled = np.where(tiny, np.random.default_rng(1).normal(size=vectors.shape), vectors)
    result: Array = np.linalg.qr(filled / np.where(tiny, 1, np.maximum(lengths, 1e-300)))[0]
    return result
