"""What Keras says when layers do not fit, in a line that names the layer."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_INCOMPATIBLE = re.compile(
    r"Input \d+ (?:with name '[^']*' )?of layer ['\"]([^'\"]+)['\"] is incompatible with the layer:"
    r" (.*)",
    re.DOTALL,
)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_NODE = re.compile(r"\{\{function_node [^}]*\}\}\s*|\s*\[Op:\w+\](?: name:\s*\S*)?")


@contextmanager
def whole_tracebacks() -> Iterator[None]:
    """Let errors keep the places within Keras where they arose, which tell the layer.

    Thread: any; the switch of Keras is one for each.
    """
    import keras

    was_on = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    try:
        yield
    finally:
        if was_on:
            keras.config.enable_traceback_filtering()


def readable(error: Exception) -> str:
    """Say in one line what Keras says in several: which layer, what it expected, what it got.

    Parameters
    ----------
    error : Exception
        Raised within `whole_tracebacks`; else the layer is known only where the message names it.
    """
    text = _NODE.sub("", _STYLE.sub("", str(error)))
    body = text.split("\n\nArguments received")[0].split("\n\n")[-1].strip()
    incompatible = _INCOMPATIBLE.search(body)
    if incompatible is not None:
        return f"layer {incompatible[1]!r}: {_rule(incompatible[2])}"
    name = _layer_of(error)
    return f"layer {name!r}: {body}" if name is not None else f"model: {body}"


def _rule(text: str) -> str:
    text = re.sub(r",? but received input with shape", ", got shape", text.strip())
    text = re.sub(r", found ([^.]*)\. Full shape received: ", r", got \1: shape ", text)
    return re.sub(r"\((?:None|1), ", "(?, ", text)


def _layer_of(error: Exception) -> str | None:
    """Name the innermost layer that was being built or called, a model only where it is alone."""
    keras: Any = sys.modules["keras"]
    name, place = None, error.__traceback__
    while place is not None:
        layer = place.tb_frame.f_locals.get("self")
        if isinstance(layer, keras.Layer) and not isinstance(layer, keras.Sequential):
            name = str(getattr(layer, "name", type(layer).__name__))
        place = place.tb_next
    return name
