"""MobileNet as the larger network that a small one learns from."""

from __future__ import annotations

import numpy as np

from marcelle_nb.features.teacher import Teacher
from marcelle_nb.models.mobilenet_files import mobilenet_files
from marcelle_nb.models.mobilenet_keras import SIDE
from marcelle_nb.models.mobilenet_network import MobileNetNetwork


def mobilenet_teacher(version: int = 1, alpha: float = 1.0, source: str = "keras") -> Teacher:
    """Open a MobileNet with the weights that `marcelle-nb fetch` puts into the cache.

    Parameters
    ----------
    version, alpha, source
        See `MobileNet`.

    Returns
    -------
    Teacher
        It describes pictures by what the pooled layer holds, 256 to 1,280 numbers.

    Raises
    ------
    DownloadRefused
        If the weights are neither in the cache nor can be fetched; it says how to fetch them.
    ModelFormatError
        If the network does not answer as a MobileNet.
    ValueError, TypeError
        If there is no such MobileNet.
    """
    wanted = mobilenet_files(version, alpha, source)
    network = MobileNetNetwork(version, alpha, source, wanted.get(), is_pinned=False)
    return Teacher(
        wanted.command,
        SIDE,
        lambda images: np.stack([network.features(image) for image in images]),
        digest=network.digits,
    )
