"""umap-learn's algorithm, watched epoch by epoch."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import RunCancelled, TrainingError
from marcelle_nb.formats.native_messages import native_messages_kept
from marcelle_nb.formats.quiet_warnings import quiet_warnings
from marcelle_nb.models.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LARGE, EPOCHS, EPOCHS_OF_LARGE = 10_000, 500, 200
"""umap-learn's: so many rows, and so many epochs for fewer and for more."""

_turns = Turns()
"""Numba's threads may end the process where two threads use them at once."""


def check_umap_learn() -> None:
    """Import umap-learn.

    Raises
    ------
    TrainingError
        If it is not installed; the message says how it is.
    """
    with quiet_warnings(), native_messages_kept(others=False):  # it imports TensorFlow, too
        try:
            import umap  # noqa: F401
        except ImportError as error:
            raise TrainingError(
                f"umap: expected the package umap-learn, got {error}; "
                "install it with: pip install 'marcelle-nb[umap]'"
            ) from error


def n_epochs_of(n_rows: int) -> int:
    """Give how many epochs a training of so many rows has."""
    return EPOCHS if n_rows <= LARGE else EPOCHS_OF_LARGE


class UmapFit:
    """An embedding of rows, and what places new rows in it.

    Parameters
    ----------
    seed : int, optional
        Without one it computes in parallel, and no two fits are the same. What one fit places is
        the same each time, with one or without.
    **options
        `n_components`, `n_neighbors`, `min_dist`, `spread` of umap-learn.

    Notes
    -----
    Thread: any; they take turns, from one epoch to the next. The first use compiles for some
    seconds.
    """

    def __init__(self, seed: int | None, **options: Any) -> None:
        # with a seed there is one thread; saying so keeps umap-learn from warning
        jobs = {} if seed is None else {"n_jobs": 1}
        self._umap = _watched_umap()(random_state=seed, **jobs, **options)

    def fit(
        self,
        rows: Floats,
        classes: NDArray[np.intp] | None,
        tell: Callable[[int, Floats], None],
    ) -> None:
        """Embed rows.

        Parameters
        ----------
        rows : float32, shape (n_rows, n_features)
        classes : intp, shape (n_rows,), optional
            What pulls rows together: their label's number, -1 for those without.
        tell : callable
            Called after each epoch with its number, from 1, and the embedding. Where it raises
            `RunCancelled`, the embedding stays as it is then.
        """

        def told(epoch: int, embedding: Floats) -> None:
            _turns.__exit__()
            try:
                tell(epoch, embedding)
            finally:
                _turns.__enter__()

        with _turns, quiet_warnings():
            self._umap.fit(rows, classes, tell=told)
            # what it places from now on is placed on one core, the same each time
            self._umap.random_state = self._umap.transform_seed

    @property
    def embedding(self) -> Floats:
        """Shape (n_rows, n_components); read-only."""
        return _still(self._umap.embedding_)

    def transform(self, rows: Floats) -> Floats:
        """Place rows in the embedding, shape (n_rows, n_components)."""
        with _turns, quiet_warnings():
            placed: Floats = self._umap.transform(rows)
        return placed


@cache
def _watched_umap() -> type:
    """Make umap-learn's class tell of its epochs; a function, as importing it takes seconds."""
    import umap
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import INT32_MAX, INT32_MIN, make_epochs_per_sample

    class WatchedUmap(umap.UMAP):  # type: ignore[misc]
        """UMAP whose epochs are watched."""

        def _fit_embed_data(
            self,
            X: Any,  # noqa: N803 - umap-learn's name
            n_epochs: Any,
            init: Any,
            random_state: Any,
            **kwargs: Any,
        ) -> tuple[Any, dict[str, Any]]:
            """Do what umap-learn does, but for the epochs, which are run where they can be seen."""
            del n_epochs  # umap-learn's own default; `transform` has another, and reads it later
            tell = kwargs["tell"]
            embedding, told = super()._fit_embed_data(X, 0, init, random_state)
            n_rows, epochs = len(embedding), n_epochs_of(len(embedding))
            graph = self.graph_.tocoo()
            graph.sum_duplicates()
            graph.data[graph.data < graph.data.max() / epochs] = 0
            graph.eliminate_zeros()
            seen = _Epochs(epochs, lambda epoch: tell(epoch, _still(embedding)))
            with suppress(RunCancelled):  # then the embedding stays where it is
                optimize_layout_euclidean(
                    embedding,
                    embedding,
                    graph.row,
                    graph.col,
                    seen,
                    n_rows,
                    make_epochs_per_sample(graph.data, epochs),
                    self._a,
                    self._b,
                    random_state.randint(INT32_MIN, INT32_MAX, 3).astype(np.int64),
                    self.repulsion_strength,
                    self._initial_alpha,
                    self.negative_sample_rate,
                    parallel=self.random_state is None,
                    move_other=True,
                )
            return embedding, told

    return WatchedUmap


class _Epochs(list[int]):
    """The epochs at which umap-learn is to keep the embedding: it asks after each of them."""

    def __init__(self, count: int, tell: Callable[[int], None]) -> None:
        super().__init__([count])
        self._tell = tell

    def __contains__(self, number: object) -> bool:
        self._tell(int(number) + 1)  # type: ignore[call-overload]  # an int, from 0
        return False


def _still(embedding: Floats) -> Floats:
    copy = np.array(embedding, np.float32)
    copy.flags.writeable = False
    return copy
