"""What a Keras model answers for examples, in the terms of its task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.instance import checked_changes
from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.finite_numbers import checked_answers
from marcelle_nb.models.input_rows import check_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from marcelle_nb.models.keras_network import KerasNetwork


def answers(network: KerasNetwork, xs: Sequence[Any]) -> list[ClassifierResults | float]:
    """Predict from examples as the instances are that a model learned from.

    Parameters
    ----------
    network : KerasNetwork
    xs : sequence of float, shape (n_features,) or (1, n_features), or of images
        At least one.

    Returns
    -------
    list of ClassifierResults or of float
        Labels with the confidence of each, or the numbers of a regression.

    Raises
    ------
    ValueError
        If one has another shape than the others or than the model takes, is not finite, or comes
        from another version of image features.
    """
    for x in xs:
        check_version("x", getattr(x, "version", None), network.features)
    rows = [checked_changes({"x": x})["x"] for x in xs]
    for row in rows:
        network.inputs.check(row.shape)
    scores = checked_answers(network.scores(_stacked(rows)))
    if network.is_regression:
        return [float(row[0]) for row in scores]
    labels = network.labels or [str(number) for number in range(scores.shape[1])]
    return [
        ClassifierResults(labels[int(row.argmax())], dict(zip(labels, row.tolist(), strict=True)))
        for row in scores
    ]


def _stacked(rows: Sequence[NDArray[Any]]) -> NDArray[Any]:
    shapes = sorted({row.shape for row in rows})
    if len(shapes) > 1:
        raise ValueError(f"x: expected examples of one shape, got {shapes[0]} and {shapes[1]}")
    joined = np.stack(rows)
    if joined.dtype != np.uint8:
        with np.errstate(over="ignore"):  # too large for the model's type: refused with infinity
            joined = joined.astype(np.float32)
        if not np.isfinite(joined).all():
            raise ValueError("x: expected finite numbers, got NaN or infinity")
    return joined
