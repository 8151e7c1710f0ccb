"""What a prediction of any kind says: a label, and a confidence for each."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from marcelle_nb.models.run_document import number_of

KEYS = ("label", "cluster", "confidences")
"""What is read; at least one of them makes a prediction. A clustering calls its label `cluster`."""


def shown_prediction(given: Any) -> dict[str, Any] | None:
    """Give what is shown of a prediction.

    Parameters
    ----------
    given : mapping, object, or None
        With `label` or `cluster`, and `confidences`, as keys or as attributes; what else there is,
        as `instanceId` in a stored document, is not looked at.

    Returns
    -------
    dict or None
        `label`, a text or None; `confidences`, a number by label, in the order given, 0 where it is
        none or not finite. None of None.

    Raises
    ------
    TypeError
        If it is none of this.
    """
    if given is None:
        return None
    is_mapping = isinstance(given, Mapping)
    found = {
        key: given[key] if is_mapping else getattr(given, key)
        for key in KEYS
        if (key in given if is_mapping else hasattr(given, key))
    }
    if not found:
        raise TypeError(
            "predictions: expected ClassifierResults, or anything with `label` or `confidences`,"
            f" got {given!r:.80}"
        )
    label = found.get("label")
    label = found.get("cluster") if label is None else label
    if not (label is None or isinstance(label, str | Real)):
        raise TypeError(f"label: expected a text, a number or None, got {label!r:.80}")
    confidences = _confidences(found.get("confidences"))
    return {"label": None if label is None else str(label), "confidences": confidences}


def _confidences(given: Any) -> dict[str, float]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"confidences: expected a number for each label, got {given!r:.80}")
    for label, value in given.items():
        if not (value is None or isinstance(value, Real)):
            raise TypeError(f"confidences[{label!r:.80}]: expected a number, got {value!r:.80}")
    return {str(label): number_of(value) or 0.0 for label, value in given.items()}
