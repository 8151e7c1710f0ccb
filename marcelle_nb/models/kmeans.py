"""Clusters of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import ModelFormatError, TrainingError
from marcelle_nb.kinds import Integer
from marcelle_nb.models.cluster_centers import ClusterCenters
from marcelle_nb.models.clustering_results import ClusteringResults
from marcelle_nb.models.json_model_file import (
    check_format,
    finite_array,
    packed_json,
    read_model_json,
    write_model_json,
)
from marcelle_nb.models.model_metadata import model_features
from marcelle_nb.models.prediction_page import input_of, with_versions
from marcelle_nb.models.unlabelled_model import UnlabelledModel
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.training_rows import TrainingRows
    from marcelle_nb.models.training_status import TrainingStatus
    from marcelle_nb.run import Run
    from marcelle_nb.stream import Stream

FORMAT = "ml-kmeans"

_LARGEST = float(np.finfo(np.float32).max)

PART = 500
"""Rows of a data set that are read before their clusters are said."""


class KMeans(UnlabelledModel):
    """Finds groups of rows that lie together, without labels.

    Every training begins anew, with the rows that it is given alone. `y` of the instances is not
    looked at.

    Parameters
    ----------
    k : int
        How many clusters; at most as many as rows. Read when a training begins.
    seed : int, optional
        Makes trainings repeatable bit by bit on one machine.

    Attributes
    ----------
    centers : Stream of list of list of float
        Held. The centre of each cluster; empty before the first training.
    clusters : Stream of list of int
        Held. The number of the cluster of each row that was trained on, in order.

    Notes
    -----
    The confidence of cluster i for a row at the Euclidean distance dᵢ from its centre is the
    softmax of the negative distances, exp(-dᵢ) / Σⱼ exp(-dⱼ): the nearest centre has the highest.
    (Marcelle's is exp(dᵢ) / Σⱼ exp(dⱼ), highest for the farthest.)

    References
    ----------
    Lloyd, S. (1982). Least squares quantization in PCM. IEEE Trans. Inf. Theory 28(2), 129-137.
    Arthur, D. & Vassilvitskii, S. (2007). k-means++: the advantages of careful seeding. SODA.

    Examples
    --------
    >>> model = KMeans(k=2, seed=0)
    >>> model.train([{"x": [0.0]}, {"x": [0.2]}, {"x": [5.0]}]).wait()
    <Run finished, 0 epochs>
    >>> model.predict([0.1]).cluster == model.predict([0.3]).cluster != model.predict([6]).cluster
    True
    """

    title = "k-means clustering"
    service_name = "kmeans-models"
    file_stem = "k-means-clustering"
    k = parameter(Integer(min=1, max=1_000), 3)

    def __init__(self, *, seed: int | None = None, **parameters: Any) -> None:
        super().__init__(seed=seed, **parameters)
        self.centers: Stream[list[list[float]]] = self._stream([])
        self.clusters: Stream[list[int]] = self._stream([])
        self.training.subscribe(self._show)  # first: whoever hears of a success finds its centers

    # Training

    def _fit(
        self,
        run: Run,
        rows: TrainingRows,
        validation: TrainingRows | None,  # noqa: ARG002 - there are no epochs to validate
    ) -> dict[str, Any]:
        k, x = self.k, rows.vectors
        if k > len(x):
            raise TrainingError(f"k: expected at most {len(x)}, the number of rows, got {k}")
        self._begin(epochs=1)
        found = ClusterCenters.fit(x, k, np.random.default_rng(self.seed), run)
        self._publish(run, _Fitted(found, rows.features))
        return {"stopped": True} if run.cancelled else {}

    def _show(self, status: TrainingStatus) -> None:
        if status.status not in {"success", "loaded", "idle"}:
            return
        fitted = self._fitted
        self.clusters.set([] if fitted is None else fitted.found.clusters.tolist())
        self.centers.set([] if fitted is None else fitted.found.centers.tolist())

    # Predicting

    def predict(self, x: ArrayLike) -> ClusteringResults:
        """Say which cluster a row belongs to.

        Parameters
        ----------
        x : float, shape (n_features,) or (1, n_features), or an image, as in the training

        Returns
        -------
        ClusteringResults
            `cluster=None, confidences={}` before the first training. Any thread may ask, also
            during a training: then the centers from before are used.

        Raises
        ------
        ValueError
            If x has another width, is not finite, or comes from another version of image features.
        """
        return self.predict_many([x])[0]

    def predict_many(self, xs: Iterable[ArrayLike]) -> list[ClusteringResults]:
        """Say which cluster each row belongs to, in order; see `predict`."""
        return super().predict_many(xs)

    def _answer(self, fitted: _Fitted, rows: NDArray[np.float32]) -> list[ClusteringResults]:
        distances = fitted.found.distances(rows)
        shares = np.exp(distances.min(axis=1, keepdims=True) - distances)  # at most exp(0)
        shares /= shares.sum(axis=1, keepdims=True)
        nearest = distances.argmin(axis=1).tolist()
        return [
            ClusteringResults(cluster, {str(i): share for i, share in enumerate(row)})
            for cluster, row in zip(nearest, shares.tolist(), strict=True)
        ]

    def _unlearned(self) -> ClusteringResults:
        return ClusteringResults()

    def batch_predict(
        self, dataset: Dataset | Iterable[Mapping[str, Any] | ArrayLike]
    ) -> list[ClusteringResults]:
        """Say which cluster each instance belongs to, in order; see `predict`.

        Parameters
        ----------
        dataset : Dataset, or iterable of instances or rows
            Read in parts, and predicted here: `BatchPrediction` does it in the background, and
            keeps the answers.
        """
        rows = dataset.items() if isinstance(dataset, Dataset) else dataset
        results: list[ClusteringResults] = []
        part: list[Any] = []
        for place, row in enumerate(rows):
            part.append(_input(place, row))
            if len(part) == PART:
                results += self.predict_many(part)
                part = []
        return results + self.predict_many(part)

    # Outside the kernel

    def _pack(self, fitted: _Fitted) -> PackedModel:
        metadata: dict[str, Any] = {
            "clusters": fitted.found.clusters,
            "centers": fitted.found.centers,
        }
        return packed_json(FORMAT, metadata, fitted.features)

    def _unpack(self, packed: PackedModel) -> _Fitted:
        check_format(packed, FORMAT)
        centers = finite_array("centers", packed.metadata.get("centers"), n_axes=2)
        if np.abs(centers).max() > _LARGEST:
            raise ModelFormatError("centers: expected numbers of float32, got larger ones")
        clusters = finite_array("clusters", packed.metadata.get("clusters", []), n_axes=1)
        with np.errstate(invalid="ignore"):  # numbers beyond whole ones: refused below
            whole = clusters.astype(np.intp)
        if not np.array_equal(whole, clusters) or not ((whole >= 0) & (whole < len(centers))).all():
            raise ModelFormatError(
                f"clusters: expected whole numbers from 0 to {len(centers) - 1}, got others"
            )
        return _Fitted(ClusterCenters(centers, whole), model_features(packed.metadata))

    def _to_files(self, packed: PackedModel, name: str) -> dict[str, bytes]:
        return {f"{name}.json": write_model_json(name, packed)}

    def _from_files(self, files: Mapping[str, bytes]) -> PackedModel:
        return read_model_json(files, FORMAT, "centers")


def _input(place: int, row: Any) -> Any:
    """Give the numbers of a row, those of an instance with what made them."""
    if not isinstance(row, Mapping):
        return row
    _, x, version = input_of(row.get("id", place), row, "x")
    return with_versions([x], [version])[0]


@dataclass(frozen=True)
class _Fitted:
    found: ClusterCenters
    features: str | None

    @property
    def n_features(self) -> int:
        return int(self.found.centers.shape[1])
