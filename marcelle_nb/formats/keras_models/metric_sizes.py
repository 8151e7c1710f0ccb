"""How large a metric of a training configuration is: Keras makes its arrays when it is compiled."""

from __future__ import annotations

import math
from typing import Any

from marcelle_nb.errors import ModelFormatError

MAX_THRESHOLDS = 10_000
"""Keras uses 200."""

MAX_BYTES = 64 * 2**20
"""Of one metric's array, and of those of all metrics together."""

_ITEM_BYTES = 4
_COUNTED = {"AUC", "PrecisionAtRecall", "RecallAtPrecision"} | {
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
}
_LISTED = {"Precision", "Recall", "IoU", "OneHotIoU", "BinaryIoU", "AUC"} | {
    f"{truth}{sign}" for truth in ("True", "False") for sign in ("Positives", "Negatives")
}
_SQUARE = {"MeanIoU", "IoU", "OneHotIoU", "OneHotMeanIoU"}


def checked_metric_size(value: dict[str, Any], what: str) -> int:
    """Check an object of a configuration, if it is a metric that has a size.

    Parameters
    ----------
    value : dict
        With `class_name` and, a dict, `config`.
    what : str
        What messages call it.

    Returns
    -------
    int
        About the bytes of its arrays; 0 for other objects.

    Raises
    ------
    ModelFormatError
        If it has more than 10,000 thresholds, or an array of more than 64 MiB.
    """
    name, config = value.get("class_name"), value["config"]
    name = name.rpartition(">")[2] if isinstance(name, str) else ""
    counts: list[float] = [0]
    if name in _COUNTED:
        thresholds = _number(config.get("num_thresholds", 200))
        _check(thresholds, MAX_THRESHOLDS, what, name, "thresholds")
        values = thresholds * max(1, _number(config.get("num_labels")))
        _check(values, MAX_BYTES // _ITEM_BYTES, what, name, "values")
        counts.append(4 * values)  # true and false, positives and negatives
    if name in _LISTED | _COUNTED:
        for key in ("thresholds", "threshold", "target_class_ids"):
            given = config.get(key)
            if isinstance(given, dict):  # an array
                given = (given.get("config") or {}).get("value")
            count = len(given) if isinstance(given, list) else 0
            _check(count, MAX_THRESHOLDS, what, name, key)
            counts.append(2 * count)
    if name in _SQUARE:
        pairs = _number(config.get("num_classes")) ** 2
        _check(pairs, MAX_BYTES // _ITEM_BYTES, what, name, "pairs of classes")
        counts.append(pairs)
    return int(_ITEM_BYTES * sum(counts))


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) and math.isfinite(value) else 0


def _check(count: float, limit: int, what: str, name: str, of: str) -> None:
    if count > limit:
        raise ModelFormatError(
            f"{what}: metric {name}: expected at most {limit:,} {of}, got {count:,}"
        )
