"""Shows and changes the parameters of a model, or of anything else that has some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from marcelle_nb.component import Component
from marcelle_nb.components.linked_parameter import TYPES, LinkedParameter
from marcelle_nb.parameter import Parameters
from marcelle_nb.stream import Stream

KEYS = {"type", "options"}
CHOICES = ["auto", "menu", *TYPES]


class ModelParameters(Component):
    """A control for each parameter of a model; what is changed there or in the kernel is the same.

    Parameters
    ----------
    model : Model, or an object with `parameters`
        Its parameters: streams by name. Of a plain stream, the type of the value decides the
        control: a switch for True and False, a field for whole numbers, numbers, lists of numbers
        and texts. Other values are shown, and cannot be changed in the page.
    config : dict, optional
        Controls chosen by hand: `{"optimizer": {"type": "menu", "options": ["adam", "sgd"]}}`. The
        `type` is "menu", "text", "boolean", "number", "number array" or "auto".

    Raises
    ------
    TypeError, ValueError
        If the object has no such parameters, or `config` names none of them, no such type, or one
        that the present value is not of.

    Notes
    -----
    Thread: any. A value that the page cannot have is refused, with the reason. Parameters of this
    package keep their rules; a whole number in a plain stream stays whole.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> size = Stream("large")
    >>> panel = ModelParameters(
    ...     SimpleNamespace(parameters={"size": size}),
    ...     {"size": {"type": "menu", "options": ["small", "large"]}},
    ... )
    >>> panel
    <ModelParameters size: large>
    """

    view = "model_parameters"

    def __init__(self, model: Any, config: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        super().__init__()
        streams = _streams_of(model)
        chosen = _checked(config, streams)
        self._linked = [
            LinkedParameter(name, stream, **chosen.get(name, {}))
            for name, stream in streams.items()
        ]
        self._kinds: Stream[dict[str, Any]] = self._stream({})
        self._tell_kinds()
        for linked, stream in zip(self._linked, streams.values(), strict=True):
            linked._alert = self._raise_alert
            self._while_shown(stream, partial(self._follow, linked))

    def _follow(self, linked: LinkedParameter, value: Any) -> None:
        before = linked.kind
        try:
            linked.follow(value)
        except (TypeError, ValueError) as error:
            self._raise_alert(str(error))
        if linked.kind != before:
            self._tell_kinds()

    def _tell_kinds(self) -> None:
        self._kinds.set({_trait(n): linked.to_dict() for n, linked in enumerate(self._linked)})

    def _synced(self) -> Mapping[str, Stream[Any]]:
        # not by their names, which may be those of what every widget has
        values = {_trait(n): linked for n, linked in enumerate(self._linked)}
        return {"kinds": self._kinds, **values}

    def _summary(self) -> Iterable[tuple[str, object]]:
        return [(linked.name, linked.value) for linked in self._linked]


def _trait(place: int) -> str:
    return f"value_{place}"


def _streams_of(model: Any) -> dict[str, Stream[Any]]:
    parameters = getattr(model, "parameters", None)
    if not isinstance(parameters, Parameters | Mapping):
        raise TypeError(
            f"model: expected an object with `parameters`, streams by name, got {model!r:.80}"
        )
    streams = {name: parameters[name] for name in parameters}
    for name, stream in streams.items():
        if not isinstance(name, str) or not isinstance(stream, Stream):
            raise TypeError(
                f"parameters: expected a stream for each name, got {stream!r:.80} for {name!r:.80}"
            )
    return streams


def _checked(config: Any, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give the arguments of `LinkedParameter` for each name in `config`."""
    if not isinstance(config, Mapping | None):
        raise TypeError(f"config: expected controls by name of the parameter, got {config!r:.80}")
    chosen = {}
    for name, control in (config or {}).items():
        if name not in names:
            raise ValueError(f"config: expected one of {', '.join(names)}, got {name!r:.80}")
        if not isinstance(control, Mapping) or not set(control) <= KEYS:
            raise TypeError(f"config[{name!r}]: expected type and options, got {control!r:.80}")
        chosen[name] = _control(f"config[{name!r}]", control)
    return chosen


def _control(where: str, control: Mapping[str, Any]) -> dict[str, Any]:
    kind, options = control.get("type", "auto"), control.get("options", ())
    if kind not in CHOICES:
        raise ValueError(f"{where}: expected a type of {', '.join(CHOICES)}, got {kind!r:.80}")
    if not isinstance(options, list | tuple) or not all(map(_is_option, options)):
        raise TypeError(f"{where}: expected options that are texts or numbers, got {options!r:.80}")
    if (kind == "menu") != bool(options):
        raise ValueError(f"{where}: expected options for a menu, and only there, got {control!r}")
    return {"type": kind, "options": tuple(options)}


def _is_option(option: Any) -> bool:
    return isinstance(option, str | int | float) and not isinstance(option, bool)
