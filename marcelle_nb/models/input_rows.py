"""From what `predict` is given to rows like those that a model learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.arrays import row_dtype
from marcelle_nb.data.instance import checked_changes
from marcelle_nb.features.shipped_features import shipped_features
from marcelle_nb.models import pyramid_histograms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def input_rows(xs: Sequence[Any], n_features: int, features: str | None) -> Floats:
    """Check inputs and put them together.

    Parameters
    ----------
    xs : sequence of float, shape (n_features,) or (1, n_features), or of images
        At least one.
    n_features : int
        Their width; an image has `height * width * 3` numbers.
    features : str or None
        The version of the image features that the model learned from.

    Returns
    -------
    float32, shape (n, n_features)

    Raises
    ------
    ValueError
        If one has another width, is not finite, or comes from another version of image features.
    """
    rows = np.empty((len(xs), n_features), np.float32)
    for row, x in zip(rows, xs, strict=True):
        check_version("x", getattr(x, "version", None), features)
        vector = _vector(x)
        if len(vector) != n_features:
            raise ValueError(
                f"x: expected {n_features} numbers, got {len(vector)}: make x as you"
                " made the x of the examples"
            )
        row[:] = vector
    return rows


def pixel_values(rows: NDArray[Any]) -> Floats:
    """Give bytes of images as numbers in [0, 1]; float32 numbers stay as they are, not copied."""
    if rows.dtype == np.uint8:
        return rows.astype(np.float32) / np.float32(255)
    return rows.astype(np.float32, copy=False)


def check_version(name: str, given: object, trained: str | None) -> None:
    """Refuse image features of another version than a model was trained with; unknown ones pass."""
    if given is not None and trained is not None and given != trained:
        raise ValueError(
            f"{name}: expected image features of version {trained!r}, got {given!r}"
            + way_on(trained, given)
        )


def way_on(*versions: object) -> str:
    """Say, for the end of a message, how to go on with what older features made, if they did."""
    for version in versions:
        if version == pyramid_histograms.VERSION:
            return f'; mnb.image_features(kind="handmade") goes on with {version!r}'
    for version in versions:
        if str(version).startswith("learned-"):
            return (
                f"; {version!r} comes from a file, mnb.image_features(file=…), or is the default of"
                f" a release: here, that is {shipped_features().version!r}"
            )
    return ""


def _vector(x: Any) -> Floats:
    x = checked_changes({"x": x})["x"]  # the same forms as in a dataset
    if row_dtype(x) == np.uint8:
        return pixel_values(x).reshape(-1)
    x = x.reshape(-1)
    with np.errstate(over="ignore"):  # becomes infinite, and is refused below
        vector: Floats = x.astype(np.float32)
    if not np.isfinite(vector).all():
        raise ValueError("x: expected finite numbers, got NaN or infinity")
    return vector
