"""Principal components of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.errors import ModelFormatError, TrainingError
from marcelle_nb.kinds import Integer
from marcelle_nb.models.json_model_file import (
    check_format,
    finite_array,
    packed_json,
    read_model_json,
    write_model_json,
)
from marcelle_nb.models.model_metadata import model_features
from marcelle_nb.models.principal_components import PrincipalComponents
from marcelle_nb.models.run_document import number_of
from marcelle_nb.models.unlabelled_model import UnlabelledModel
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.training_rows import TrainingRows
    from marcelle_nb.run import Run

FORMAT = "ml-pca"


class PCA(UnlabelledModel):
    """Describes rows by few numbers: where they lie in the directions in which they differ most.

    The rows are centred, and not scaled. `y` of the instances is not looked at.

    Parameters
    ----------
    n_components : int
        How many numbers; at most the smaller of the numbers of rows and features. Read when a
        training begins. Of a model that was loaded with more, the first are used.

    seed : int, optional
        For the same call as of other models: the method is exact, and it changes nothing.
    data_store : DataStore, or a location as text, optional
        Where `save`, `load` and `sync` go that name no store; the store in memory by default.

    Notes
    -----
    `success` carries `explained_variance`: the share in the variance of all features that each
    component has, the largest first. It has the shares of all components, and sums to 1, where
    there are at most 1,500 rows or features; beyond, those of the first `n_components`.

    Signs are fixed: in each direction, the largest number by amount is positive. Marcelle's may be
    the other way round.

    References
    ----------
    Jolliffe, I. T. (2002). Principal component analysis. Springer.

    Examples
    --------
    >>> model = PCA(n_components=1)
    >>> model.train([{"x": [0, 0]}, {"x": [1, 2]}, {"x": [2, 4]}]).wait()
    <Run finished, 0 epochs>
    >>> [round(share, 3) for share in model.training.value.data["explained_variance"]]
    [1.0, 0.0]
    >>> [round(number, 3) for number in model.predict([1, 2])]
    [0.0]
    """

    title = "PCA"
    service_name = "pca"
    file_stem = "pca"
    n_components = parameter(Integer(min=1, max=1_000), 2)

    # Training

    def _fit(
        self,
        run: Run,
        rows: TrainingRows,
        validation: TrainingRows | None,  # noqa: ARG002 - there are no epochs to validate
    ) -> dict[str, Any]:
        n_components, x = self.n_components, rows.vectors
        if n_components > min(x.shape):
            raise TrainingError(
                f"n_components: expected at most {min(x.shape)}, the smaller of {len(x)} rows and"
                f" {x.shape[1]} features, got {n_components}"
            )
        self._begin(epochs=1)
        found = PrincipalComponents.fit(x, n_components, run)
        self._publish(run, _Fitted(found, rows.features))
        told: dict[str, Any] = {"explained_variance": found.explained}
        return told | ({"stopped": True} if run.cancelled else {})

    # Predicting

    def predict(self, x: ArrayLike) -> list[float] | None:
        """Give the components of a row.

        Parameters
        ----------
        x : float, shape (n_features,) or (1, n_features), or an image, as in the training

        Returns
        -------
        list of float, length n_components, or None
            None before the first training. Any thread may ask, also during a training: then the
            components from before are used.

        Raises
        ------
        ValueError
            If x has another width, is not finite, or comes from another version of image features.
        """
        answer: list[float] | None = self.predict_many([x])[0]
        return answer

    def _answer(self, fitted: _Fitted, rows: NDArray[np.float32]) -> list[Any]:
        answers: list[Any] = fitted.found.coordinates(rows, self.n_components).tolist()
        return answers

    # Outside the kernel

    def _pack(self, fitted: _Fitted) -> PackedModel:
        found = fitted.found
        model = {
            "name": "PCA",
            "center": True,
            "scale": False,
            "means": found.means,
            "stdevs": None,
            "U": found.directions,
            "S": found.variances,
            "excludedFeatures": [],
        }
        metadata: dict[str, Any] = {"PCAModel": model, "totalVariance": found.total}
        return packed_json(FORMAT, metadata, fitted.features)

    def _unpack(self, packed: PackedModel) -> _Fitted:
        check_format(packed, FORMAT)
        model = packed.metadata.get("PCAModel")
        name = model.get("name") if isinstance(model, dict) else None
        if not isinstance(model, dict) or not isinstance(name, str) or name != "PCA":
            raise ModelFormatError(f"PCAModel: expected the components, got {model!r:.60}")
        if (
            model.get("center") is not True
            or model.get("scale") is not False
            or not _is_empty(model.get("excludedFeatures"))
        ):
            raise ModelFormatError("PCAModel: expected centred and not scaled rows, got others")
        return _Fitted(_components(model, packed.metadata), model_features(packed.metadata))

    def _to_files(self, packed: PackedModel, name: str) -> dict[str, bytes]:
        return {f"{name}.json": write_model_json(name, packed)}

    def _from_files(self, files: Mapping[str, bytes]) -> PackedModel:
        return read_model_json(files, FORMAT, "PCAModel")


@dataclass(frozen=True)
class _Fitted:
    found: PrincipalComponents
    features: str | None

    @property
    def n_features(self) -> int:
        return len(self.found.means)


def _components(model: Mapping[str, Any], metadata: Mapping[str, Any]) -> PrincipalComponents:
    means = finite_array("means", model.get("means"), n_axes=1)
    directions = finite_array("U", model.get("U"), n_axes=2)
    variances = finite_array("S", model.get("S"), n_axes=1)
    if len(directions) != len(means) or len(variances) < directions.shape[1]:
        raise ModelFormatError(
            f"PCAModel: expected as many means as rows of U, and numbers in S as columns of U,"
            f" got {len(means)}, {directions.shape} and {len(variances)}"
        )
    if (variances < -1e-9 * np.abs(variances).max(initial=1)).any():
        raise ModelFormatError("S: expected variances, got negative numbers")
    told = metadata.get("totalVariance")
    total = number_of(told)
    if total is None or total < 0:  # not told, or nothing that it could be
        total = float(variances.sum())
    return PrincipalComponents(means, directions, variances, total)


def _is_empty(excluded: Any) -> bool:
    """Say whether a list names no features; None where another client says none."""
    return excluded is None or (isinstance(excluded, list | tuple) and not excluded)
