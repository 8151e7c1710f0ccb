"""The documents of training runs, as Marcelle, its Python package and this one write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, TypeAlias

from marcelle_nb.models.metric_names import marcelle_metric, own_metric

Logs: TypeAlias = dict[str, list[float | None]]

SOURCE = "marcelle-nb"
"""What a run says that was written here."""

RUNNING = ("start", "epoch")
"""The statuses of a run that goes on, or did when its kernel was killed."""


def read_run(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give a run in our words, whoever wrote it; what is of another type is left out.

    Parameters
    ----------
    document : dict
        Of the service `runs`.

    Returns
    -------
    dict
        All that is in the document, with `name`, `basename`, `start`, `source`, `status` (texts),
        `epoch`, `epochs` (whole numbers or None), `params`, `model` (dictionaries), `checkpoints`
        (a list of dictionaries) and `logs`: by our names of metrics a list with a number, or None,
        for each epoch.
    """
    texts = {key: _text(document.get(key)) for key in ("basename", "start", "source", "status")}
    name = _text(document.get("name")) or texts["basename"] or texts["start"]
    return {
        **document,
        **texts,
        "name": name or str(document.get("id", "")),
        "epoch": _whole(document.get("epoch")),
        "epochs": _whole(document.get("epochs")),
        "params": _object(document.get("params")),
        "logs": own_logs(_object(document.get("logs"))),
        "checkpoints": _checkpoints(document.get("checkpoints")),
        "model": _object(document.get("model")),
    }


def own_logs(given: Mapping[str, Any]) -> Logs:
    """Give the numbers of each metric by our names; a single number is that of one epoch."""
    logs: Logs = {}
    for key, value in given.items():
        numbers = numbers_of(value)
        if numbers:
            logs.setdefault(own_metric(key), numbers)
    return logs


def marcelle_logs(logs: Mapping[str, list[float | None]]) -> dict[str, list[float | None]]:
    """Give the numbers of each metric by Marcelle's names, in lists of their own."""
    return {marcelle_metric(key): list(values) for key, values in logs.items()}


def numbers_of(value: Any) -> list[float | None]:
    """Give a list with a number, or None, in each place; empty where there is no number at all."""
    if getattr(value, "ndim", None) == 1:
        value = value.tolist()
    given = value if isinstance(value, list | tuple) else [value]
    # the quick way through the usual long list
    if given and set(map(type, given)) == {float} and all(map(math.isfinite, given)):
        return list(given)
    numbers = [number_of(one) for one in given]
    return numbers if any(number is not None for number in numbers) else []


def number_of(value: Any) -> float | None:
    """Give a number that JSON can say; None for anything else, such as a loss that blew up."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def last_number(values: list[float | None]) -> float | None:
    """Give the newest number of a metric."""
    return next((value for value in reversed(values) if value is not None), None)


def last_checkpoint(run: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give the newest checkpoint that says where its model is; None where there is none."""
    return next((one for one in reversed(run["checkpoints"]) if one.get("id")), None)


def _checkpoints(value: Any) -> list[dict[str, Any]]:
    given = value if isinstance(value, list | tuple) else ()
    found = [dict(one) for one in given if isinstance(one, Mapping)]
    kinds = {"id": str, "name": str, "service": str}
    return [
        {k: v for k, v in one.items() if k not in kinds or isinstance(v, kinds[k])} for one in found
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    number = number_of(value)
    return None if number is None or not number.is_integer() else int(number)


def _object(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
