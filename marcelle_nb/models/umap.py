"""A map on which rows that are near each other stay near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from marcelle_nb.errors import TrainingError, UnsupportedByModel
from marcelle_nb.kinds import Boolean, Float, Integer
from marcelle_nb.models.input_rows import pixel_values
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.models.umap_fit import UmapFit, check_umap_learn, n_epochs_of
from marcelle_nb.models.unlabelled_model import UnlabelledModel
from marcelle_nb.parameter import parameter
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.models.targets import Learned
    from marcelle_nb.models.training_rows import TrainingRows
    from marcelle_nb.run import Run


class UMAP(UnlabelledModel):
    """Places rows on a map of few dimensions, so that near rows stay near.

    It needs the extra `umap`: `pip install 'marcelle-nb[umap]'`. It cannot be saved, loaded or
    synced: nothing but code could say what umap-learn has learned.

    Parameters
    ----------
    n_components : int
        Dimensions of the map.
    n_neighbors : int
        How many near rows count, itself included; fewer than rows. More of them show the whole,
        fewer the details.
    min_dist : float
        How near rows may lie on the map; at most `spread`.
    spread : float
        How far the map spreads.
    supervised : bool
        Whether rows of one label are pulled together; rows without a label are not.
    seed : int, optional
        Makes trainings repeatable on one machine; they then use one core. What one training has
        learned places a row at the same point each time, also without.

    Notes
    -----
    All parameters are read when a training begins. `training` tells `epoch` events and `success`
    with `embedding`, float32, shape (n_rows, n_components): where the rows are. It has 500 epochs,
    200 for more than 10,000 rows. Cancelled, it keeps the map that it has reached; a cancel is read
    from the first epoch on. The first training compiles for some seconds.

    References
    ----------
    McInnes, L., Healy, J. & Melville, J. (2018). UMAP: Uniform manifold approximation and
    projection for dimension reduction. arXiv:1802.03426.
    """

    title = "UMAP"
    service_name = "umap"
    file_stem = "umap"
    is_packable = False
    _largest_seed = 2**32 - 1  # of NumPy's older generators, which umap-learn uses
    n_components = parameter(Integer(min=1, max=100), 2)
    n_neighbors = parameter(Integer(min=2, max=1_000), 15)
    min_dist = parameter(Float(min=0, max=1_000), 0.1)
    spread = parameter(Float(min=0.001, max=1_000), 1.0)
    supervised = parameter(Boolean(), False)

    # Training

    @property
    def _learned(self) -> Learned:
        return "maybe" if self.supervised else "nothing"

    def _fit(
        self,
        run: Run,
        rows: TrainingRows,
        validation: TrainingRows | None,  # noqa: ARG002 - nothing is measured
    ) -> dict[str, Any]:
        check_umap_learn()
        x = pixel_values(rows.vectors)
        options = self._options(len(x))
        epochs = n_epochs_of(len(x))
        self._begin(epochs)
        run.checkpoint()

        def tell(epoch: int, embedding: NDArray[np.float32]) -> None:
            self._tell(TrainingStatus("epoch", epoch, epochs, {"embedding": embedding}))
            run.checkpoint()

        fit = UmapFit(self.seed, **options)
        fit.fit(x, _classes(rows.labels) if rows.labels else None, tell)
        self._publish(run, _Fitted(fit, x.shape[1], rows.features))
        return {"embedding": fit.embedding} | ({"stopped": True} if run.cancelled else {})

    def _options(self, n_rows: int) -> dict[str, Any]:
        names = ("n_components", "n_neighbors", "min_dist", "spread")
        options = {name: getattr(self, name) for name in names}
        if options["n_neighbors"] >= n_rows:
            raise TrainingError(
                f"n_neighbors: expected fewer than the {n_rows} rows, got {self.n_neighbors}"
            )
        if options["n_components"] > n_rows - 2:
            raise TrainingError(
                f"n_components: expected at most {n_rows - 2} for {n_rows} rows,"
                f" got {self.n_components}"
            )
        if options["min_dist"] > options["spread"]:
            raise TrainingError(
                f"min_dist: expected at most spread, {self.spread}, got {self.min_dist}"
            )
        return options

    # Predicting

    def predict(self, x: ArrayLike) -> list[float] | None:
        """Place a row on the map.

        Parameters
        ----------
        x : float, shape (n_features,) or (1, n_features), or an image, as in the training

        Returns
        -------
        list of float, or None
            Its n_components coordinates; None before the first training.

        Raises
        ------
        ValueError
            If x has another width, is not finite, or comes from another version of image features.

        Notes
        -----
        Thread: any, also during a training: then it uses the map from before, between two epochs.
        Many rows at once, with `predict_many`, are quicker.
        """
        answer: list[float] | None = self.predict_many([x])[0]
        return answer

    def _answer(self, fitted: _Fitted, rows: NDArray[np.float32]) -> list[Any]:
        answers: list[Any] = fitted.fit.transform(rows).tolist()
        return answers

    # Outside the kernel

    def save(self, *_: Any, **__: Any) -> NoReturn:
        """Raise `UnsupportedByModel`: it cannot be saved."""
        self._refuse("save")

    def load(self, *_: Any, **__: Any) -> NoReturn:
        """Raise `UnsupportedByModel`: it cannot be loaded."""
        self._refuse("load")

    def sync(self, *_: Any, **__: Any) -> NoReturn:
        """Raise `UnsupportedByModel`: it cannot be synced."""
        self._refuse("sync")

    def download(self, *_: Any, **__: Any) -> NoReturn:
        """Raise `UnsupportedByModel`: no file can hold it."""
        self._refuse("download")

    def upload(self, *_: Any, **__: Any) -> NoReturn:
        """Raise `UnsupportedByModel`: no file can hold it."""
        self._refuse("upload")

    def _synced(self) -> dict[str, Stream[Any]]:
        return {**super()._synced(), "can_save": Stream(False)}

    def _pack(self, _: Any) -> NoReturn:
        self._refuse("save")

    def _unpack(self, _: Any) -> NoReturn:
        self._refuse("load")

    def _to_files(self, *_: Any) -> NoReturn:
        self._refuse("download")

    def _from_files(self, _: Any) -> NoReturn:
        self._refuse("upload")

    def _refuse(self, what: str) -> NoReturn:
        raise UnsupportedByModel(
            f"{self.title}: expected train or predict, got {what}: no document and no file can hold"
            " what it learns; save the rows, and train it again with the same seed"
        )


@dataclass(frozen=True)
class _Fitted:
    fit: UmapFit
    n_features: int
    features: str | None


def _classes(labels: Sequence[str]) -> NDArray[np.intp]:
    """Give the number of each label in first-seen order, -1 where there is none."""
    numbers = {label: i for i, label in enumerate(dict.fromkeys(filter(None, labels)))}
    return np.array([numbers.get(label, -1) for label in labels], np.intp)
