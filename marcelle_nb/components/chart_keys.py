"""Which numbers of a training are drawn in which chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from marcelle_nb.models.metric_names import own_metric

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Told = TypeVar("Told")

VALIDATION = "val_"

DEFAULT = {"loss": ["loss", "val_loss"], "accuracy": ["accuracy", "val_accuracy"]}

MAX_LENGTH = 200
"""Characters of a name."""


def charts_of(logs: Any) -> dict[str, list[str]]:
    """Give the charts that somebody asked for: their names, each with the keys that it draws.

    Parameters
    ----------
    logs : str, iterable of str, or mapping of str to either
        One key; a chart for each of several; or named charts.

    Raises
    ------
    TypeError, ValueError
        If it is none of this, or empty.
    """
    if isinstance(logs, str):
        return {_name("logs", logs): [logs]}
    if isinstance(logs, Mapping):
        charts = {_name("logs", name): _keys(f"logs[{name!r}]", it) for name, it in logs.items()}
    else:
        charts = {key: [key] for key in _keys("logs", logs)}
    if not charts:
        raise ValueError(f"logs: expected at least one chart, got {logs!r}")
    return charts


def _keys(where: str, keys: Any) -> list[str]:
    if isinstance(keys, str):
        return [_name(where, keys)]
    if not isinstance(keys, list | tuple):
        raise TypeError(
            f"{where}: expected the key of a metric, a list of them, or charts by name, got "
            f"{keys!r:.80}"
        )
    if not keys:
        raise ValueError(f"{where}: expected at least one key, got none")
    return list(dict.fromkeys(_name(f"{where}[{place}]", key) for place, key in enumerate(keys)))


def _name(where: str, name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{where}: expected a text, got {name!r:.80}")
    if not 0 < len(name) <= MAX_LENGTH:
        raise ValueError(f"{where}: expected 1 to {MAX_LENGTH} characters, got {len(name)}")
    return name


def own_names(data: Mapping[str, Told]) -> dict[str, Told]:
    """Give what a training tells by our names of metrics, whichever Marcelle's it uses.

    A name stays where the other is there, too, as both `acc` and `accuracy` of a model's own.

    Examples
    --------
    >>> own_names({"loss": 1.0, "accVal": 0.5})
    {'loss': 1.0, 'val_accuracy': 0.5}
    """
    return {(key if own_metric(key) in data else own_metric(key)): it for key, it in data.items()}


def told_keys(keys: Iterable[str], told: Collection[str]) -> list[str]:
    """Give keys that somebody asked for as they are told: as they are, or by our names."""
    return list(dict.fromkeys(key if key in told else own_metric(key) for key in keys))


def own_charts(told: Iterable[str]) -> dict[str, list[str]]:
    """Give a chart for each metric that a training tells, with its validation; loss comes first.

    Before it has told any, the charts of most trainings: loss and accuracy.
    """
    metrics = dict.fromkeys(key.removeprefix(VALIDATION) for key in told)
    if not metrics:
        return {name: list(keys) for name, keys in DEFAULT.items()}
    names = sorted(metrics, key=lambda name: [*DEFAULT, name].index(name))
    return {name: [name, VALIDATION + name] for name in names}
