"""Samples by which a conversion measures a model: they have to be what the model takes."""

from __future__ import annotations

from typing import Any

import numpy as np

_SLACK = 0.01
"""Of the range; resizing may overshoot by that."""


def check_samples(given: Any, input_range: tuple[float, float] | None) -> None:
    """Refuse pictures as they come from a camera where the model takes scaled ones.

    Parameters
    ----------
    given : array, or sequence or dict of arrays
        Of a model with one input.
    input_range : tuple of float or None
        What 0 and 255 of a picture become, where the model tells.

    Raises
    ------
    ValueError
        If there are numbers beyond the range.
    """
    if input_range is None:
        return
    columns = list(given.values()) if isinstance(given, dict) else [given]
    low, high = sorted(map(float, input_range))
    for column in columns:
        values = np.asarray(column)
        if values.dtype.kind not in "biuf" or not values.size:
            continue  # whoever reads them says what is wrong
        least, most = float(values.min()), float(values.max())
        if least < low - _SLACK * (high - low) or most > high + _SLACK * (high - low):
            first, last = map(float, input_range)
            raise ValueError(
                f"representative: expected the model's inputs, from {low:g} to {high:g}, got "
                f"numbers from {least:g} to {most:g}; of pictures from 0 to 255 these are "
                f"x * {(last - first) / 255:.6g} + {first:g}"
            )
