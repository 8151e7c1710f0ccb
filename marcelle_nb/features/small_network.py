"""The plan of the network that ships: what fits 1.5 MB and five milliseconds."""

from __future__ import annotations

from marcelle_nb.features.convolution import Convolution
from marcelle_nb.features.network_plan import NetworkPlan

SIDE = 104
"""Width and height of the pictures that it takes, in pixels."""

N_FEATURES = 256
"""Numbers that describe a picture."""

STAGES = ((24, 0), (48, 1), (96, 2), (160, 2))
"""Channels, and how many convolutions follow the one that halves the picture. Most weights stand
where the picture is small: there they cost the least time."""

LAST_STAGE = 224
"""Channels of the last convolution, which halves the picture once more."""


def small_network(n_features: int = N_FEATURES) -> NetworkPlan:
    """Plan the network: plain convolutions, which NumPy runs faster than separable ones.

    Parameters
    ----------
    n_features : int
        Numbers that describe a picture.

    Notes
    -----
    The last convolution of a stage adds the result of the stage's first: a residual.

    References
    ----------
    He, K., Zhang, X., Ren, S. & Sun, J. (2016). Deep residual learning for image recognition. CVPR,
    770–778.
    """
    layers: list[Convolution] = []
    channels = 3
    for outputs, more in STAGES:
        layers.append(Convolution(channels, outputs, 3, 2, None))
        for place in range(more):
            is_last = place == more - 1 and more > 1
            layers.append(Convolution(outputs, outputs, 3, 1, len(layers) - 2 if is_last else None))
        channels = outputs
    layers.append(Convolution(channels, LAST_STAGE, 3, 2, None))
    return NetworkPlan(SIDE, tuple(layers), (len(layers) - 1,), n_features)
