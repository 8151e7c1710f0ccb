"""The shares of principal components: a list of a training's that is no curve over its epochs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARES = "explained_variance"
"""What a PCA's training tells: the share of each component, used or not, the largest first."""


def explained_variance(run: Mapping[str, Any]) -> float | None:
    """Give the share of the variance that the components of a run's model explain together.

    Parameters
    ----------
    run : dict
        As `read_run` gives it.

    Returns
    -------
    float or None
        In [0, 1]; None where the run tells no shares, or not how many components are used.
    """
    shares, n_components = run["logs"].get(SHARES), run["params"].get("n_components")
    if not shares or not isinstance(n_components, int) or isinstance(n_components, bool):
        return None
    return min(1.0, sum(share or 0.0 for share in islice(shares, max(0, n_components))))
