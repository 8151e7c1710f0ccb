"""What the models have in common that answer with no label."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from marcelle_nb.models.checked_options import checked_seed
from marcelle_nb.models.input_rows import input_rows
from marcelle_nb.models.storable_model import StorableModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.models.targets import Learned


class UnlabelledModel(StorableModel):
    """A model that answers with numbers, where a classifier does with a label.

    A subclass keeps what it learned in an object with `n_features` and `features` (the version of
    the image features that made the rows, or None), and says how to use it in `_answer`.

    Parameters
    ----------
    seed : int, optional
        A whole number from 0 on.
    **parameters
        See `StorableModel`.
    """

    _largest_seed: ClassVar[int | None] = None

    def __init__(self, *, seed: int | None = None, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.seed = checked_seed(seed, self._largest_seed)

    @abstractmethod
    def predict(self, x: ArrayLike) -> Any:
        """Predict from one row; None, or an answer that says nothing, before the first training."""

    @property
    def labels(self) -> list[str]:
        """Empty: it knows no labels."""
        return []

    @property
    def _learned(self) -> Learned:
        return "nothing"

    def predict_many(self, xs: Iterable[ArrayLike]) -> list[Any]:
        """Predict from rows, one answer for each, in order; see `predict`."""
        given, fitted = list(xs), self._fitted_now()
        if fitted is None or not given:
            return [self._unlearned()] * len(given)
        return self._answer(fitted, input_rows(given, fitted.n_features, fitted.features))

    @abstractmethod
    def _answer(self, fitted: Any, rows: NDArray[np.float32]) -> list[Any]:
        """Predict from at least one row, shape (n, n_features)."""

    def _unlearned(self) -> Any:
        """Give the answer before the first training."""
        return None
