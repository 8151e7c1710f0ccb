"""k nearest neighbours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.kinds import Integer
from marcelle_nb.models.checked_options import checked_seed
from marcelle_nb.models.classifier import Classifier
from marcelle_nb.models.json_model_file import check_format, model_json, packed_json
from marcelle_nb.models.knn_file import read_knn_json
from marcelle_nb.models.model_metadata import model_features, model_labels
from marcelle_nb.models.nearest_neighbours import NearestNeighbours
from marcelle_nb.models.packed_model import PackedModel
from marcelle_nb.models.web_model import WebModel, vector_input
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from marcelle_nb.models.classifier_results import ClassifierResults
    from marcelle_nb.models.training_rows import TrainingRows
    from marcelle_nb.run import Run

FORMAT = "knn-classifier"


class KNN(Classifier):
    """Labels a row by a vote of the k nearest stored rows, by cosine similarity.

    Training only stores the rows: it is immediate, one row is enough, and there are no epochs and
    no curves.

    Parameters
    ----------
    k : int
        How many rows vote; read at every prediction.
    seed : int, optional
        For the same call as of other models: the method is exact, and it changes nothing.
    data_store : DataStore, or a location as text, optional
        Where `save`, `load` and `sync` go that name no store; the store in memory by default.

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
    service_name = "knn-classifier-models"
    older_service_names = ("knn-models",)
    file_stem = "knn-classifier"
    k = parameter(Integer(min=1, max=1_000), 3)

    def __init__(self, *, seed: int | None = None, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.seed = checked_seed(seed)

    def _fit(
        self,
        run: Run,
        rows: TrainingRows,
        validation: TrainingRows | None,  # noqa: ARG002 - there are no epochs to validate
    ) -> dict[str, Any]:
        self._begin(epochs=1)
        vectors = rows.vectors
        neighbours = NearestNeighbours.fit(vectors, rows.labels, overwrite=True)
        labels = list(neighbours.labels)
        self._publish(run, _Fitted(neighbours, labels, vectors.shape[1], rows.features))
        return {"stopped": True} if run.cancelled else {}

    def _answer(self, fitted: _Fitted, rows: NDArray[np.float32]) -> list[ClassifierResults]:
        return fitted.neighbours.predict_many(rows, self.k)

    # Outside the kernel

    def _pack(self, fitted: _Fitted) -> PackedModel:
        metadata = {"labels": list(fitted.labels), "data": fitted.neighbours.by_class()}
        return packed_json(FORMAT, metadata, fitted.features)

    def _unpack(self, packed: PackedModel) -> _Fitted:
        check_format(packed, FORMAT)
        data = packed.metadata.get("data")
        if not isinstance(data, dict) or not data:
            raise ModelFormatError(f"data: expected the rows of each label, got {data!r:.60}")
        labels = model_labels(packed.metadata.get("labels"))
        if set(labels) != set(data):
            raise ModelFormatError(
                f"labels: expected those that have rows, {[*data]!a:.80}, got {labels!a:.80}"
            )
        rows = {label: _rows(label, data[label]) for label in labels}
        widths = {it.shape[1] for it in rows.values()}
        if len(widths) > 1:
            raise ModelFormatError(f"data: expected rows of one width, got {sorted(widths)}")
        neighbours = NearestNeighbours.of_classes(rows, labels)
        return _Fitted(neighbours, labels, widths.pop(), model_features(packed.metadata))

    def _to_web(self, fitted: _Fitted) -> WebModel:
        metadata = self._pack(fitted).metadata
        about = {
            "task": "classification",
            "labels": list(fitted.labels),
            "answers": "softmax",
            "k": self.k,
            "input": vector_input(fitted.n_features, fitted.features),
        }
        document = json.loads(model_json(self._files_name(), FORMAT, metadata))
        # an object would be put into another order by the page
        document["metadata"]["classes"] = list(fitted.neighbours.classes)
        return WebModel("knn", document, {}, about)

    def _to_files(self, packed: PackedModel, name: str) -> dict[str, bytes]:
        return {f"{name}.json": model_json(name, packed.format, packed.metadata)}

    def _from_files(self, files: Mapping[str, bytes]) -> PackedModel:
        if len(files) != 1:
            raise ModelFormatError(f"files: expected one .json file, got {[*files]!a:.100}")
        document = read_knn_json(next(iter(files.values())))
        metadata, kind = document.get("metadata"), document.get("format", FORMAT)
        if not isinstance(metadata, dict) or not isinstance(metadata.get("data"), dict):
            raise ModelFormatError(
                "file: expected a KNN of Marcelle with metadata.data, got another JSON file"
            )
        return PackedModel(str(kind), metadata)


def _rows(label: str, given: Any) -> NDArray[np.float32]:
    try:
        rows = np.asarray(given)
    except ValueError:  # rows of several widths
        rows = np.empty(0)
    if rows.ndim != 2 or not rows.size or rows.dtype.kind not in "fiu":
        raise ModelFormatError(f"rows of {label!a:.60}: expected rows of numbers, of one width")
    with np.errstate(over="ignore"):  # becomes infinite, and is refused
        rows = rows.astype(np.float32, copy=False)
    if not np.isfinite(rows).all():
        raise ModelFormatError(f"rows of {label!a:.60}: expected finite numbers of float32")
    return rows


@dataclass(frozen=True)
class _Fitted:
    neighbours: NearestNeighbours
    labels: list[str]
    n_features: int
    features: str | None
