"""k nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.kinds import Integer
from marcelle_nb.models.classifier import Classifier
from marcelle_nb.models.nearest_neighbours import NearestNeighbours
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from marcelle_nb.data.instance import Instance
    from marcelle_nb.models.classifier_results import ClassifierResults
    from marcelle_nb.run import Run


class KNN(Classifier):
    """Labels a row by a vote of the k nearest stored rows, by cosine similarity.

    Training only stores the rows: it is immediate, one row is enough, and there are no epochs and
    no curves.

    Parameters
    ----------
    k : int
        How many rows vote; read at every prediction.

    References
    ----------
    Cover, T. & Hart, P. (1967). Nearest neighbor pattern classification. IEEE Trans. Inf. Theory
    13(1), 21-27.

    Examples
    --------
    >>> model = KNN(k=3)
    >>> model.train([{"x": [0, 1], "y": "up"}, {"x": [1, 0], "y": "right"}]).wait()
    <Run finished, 0 epochs>
    >>> model.predict([0.1, 0.9]).label
    'up'
    """

    title = "KNN"
    k = parameter(Integer(min=1, max=1_000), 3)

    def _fit(
        self,
        run: Run,
        instances: list[Instance],
        validation: list[Instance] | None,  # noqa: ARG002 - there are no epochs to validate
    ) -> dict[str, Any]:
        rows, labels, features = self._arrays(run, instances)
        self._begin(epochs=1)
        neighbours = NearestNeighbours.fit(rows, labels)
        self._publish(run, _Fitted(neighbours, list(neighbours.labels), rows.shape[1], features))
        return {"stopped": True} if run.cancelled else {}

    def _answer(self, fitted: _Fitted, rows: NDArray[np.float32]) -> list[ClassifierResults]:
        return fitted.neighbours.predict_many(rows, self.k)


@dataclass(frozen=True)
class _Fitted:
    neighbours: NearestNeighbours
    labels: list[str]
    n_features: int
    features: str | None
