"""Features in a file that says how good they are: measured on the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.replaced_file import place_beside
from marcelle_nb.features.feature_file import read_features, write_features

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from marcelle_nb.features.extractor import Extractor
    from marcelle_nb.features.student import Student
    from marcelle_nb.image import RGB

    Floats = NDArray[np.float32]

SHORTEST = 1e-9


def likeness(extractor: Extractor, crops: RGB, targets: Floats) -> float:
    """Give the mean cosine of what a network says of crops and of what it should say.

    Parameters
    ----------
    extractor : Extractor
        The network.
    crops : uint8, shape (n, side, side, 3)
        Of the network's own size.
    targets : float32, shape (n, n_features)
        Unit vectors.
    """
    said = np.stack([extractor.describe_small(crop) for crop in crops])
    lengths = np.maximum(np.linalg.norm(said, axis=1), SHORTEST)
    return float(np.mean((said * targets).sum(axis=1) / lengths))


def write_measured(
    path: Path, student: Student, crops: RGB, targets: Floats, made: Mapping[str, Any]
) -> tuple[str, float]:
    """Write what was learned, with its likeness to the teacher.

    The likeness is that of the network as the file has it, its weights rounded to 8 bits.

    Parameters
    ----------
    path : Path
        What is there is replaced, once all is measured.
    student : Student
        The network.
    crops : uint8, shape (n, side, side, 3)
        Crops that were held out.
    targets : float32, shape (n, n_features)
        Unit vectors: what the teacher says of them.
    made : mapping
        How it was made, in JSON's types.

    Returns
    -------
    version : str
        The version of its features.
    likeness : float
        The mean cosine.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    weights, biases = student.folded()
    with place_beside(path) as folder:
        draft = folder / path.name
        write_features(draft, student.plan, weights, biases, made)
        measured = likeness(read_features(draft), crops, targets)
    told = {**made, "held_out_crops": len(crops), "held_out_likeness": round(measured, 4)}
    return write_features(path, student.plan, weights, biases, told), measured
