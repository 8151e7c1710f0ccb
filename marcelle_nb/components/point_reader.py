"""Makes points of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.components.coordinates import checked_place, component
from marcelle_nb.components.instance_fields import at, cell, is_number, own_scalars, selecting
from marcelle_nb.components.point_cloud import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from marcelle_nb.components.coordinates import Given, Place
    from marcelle_nb.components.point_cloud import Color
    from marcelle_nb.data.instance import Instance


class PointReader:
    """Says where instances are in a plane, and what their colours stand for: numbers or labels.

    Parameters
    ----------
    axes : pair of int or str
        The numbers of components of x, or the names of fields of numbers.
    color : str
        The field that the colours stand for.
    given : callable, dict or None
        Where the points are, in place of the axes; see `Coordinates`.

    Attributes
    ----------
    failure : Exception or None
        The first that the user's function raised; its points are nowhere.
    """

    def __init__(self, axes: tuple[int | str, int | str], color: str, given: Given) -> None:
        self._axes = axes
        self._color = color
        self._given = given
        self.failure: Exception | None = None

    def points(self, instances: Any) -> Iterator[tuple[str, Place, Color]]:
        """Give the id, the place and the colour of each of the instances of an iterable."""
        if not callable(self._given):
            axes = self._axes if self._given is None else ()
            names = ("x" if isinstance(axis, int) else axis for axis in axes)
            instances = instances.select(selecting([*names, self._color]))
        for instance in instances:
            try:
                place = self._place(instance)
            except Exception as error:  # noqa: BLE001 - a user's function
                self.failure = self.failure or error
                place = (NOWHERE, NOWHERE)
            yield instance["id"], place, _color(at(instance, self._color))

    def _place(self, instance: Instance) -> Place:
        if callable(self._given):
            return checked_place("coordinates", self._given(instance))
        if self._given is not None:
            return self._given.get(instance["id"], (NOWHERE, NOWHERE))
        return _along(instance, self._axes[0]), _along(instance, self._axes[1])


def plot_fields(before: Mapping[str, Any], instances: Iterable[Instance]) -> dict[str, Any]:
    """Add what instances have to what a plot can show.

    Returns
    -------
    dict
        `axes`, the fields of numbers; `colors`, those whose values can be labels; `size`, how many
        components x has.
    """
    axes, colors = dict.fromkeys(before["axes"]), dict.fromkeys(["y", *before["colors"]])
    size = before["size"]
    for instance in instances:
        own = own_scalars(instance)
        axes.update(dict.fromkeys(key for key, value in own.items() if is_number(value)))
        colors.update(dict.fromkeys(own))
        x = instance.get("x")
        size = max(size, x.size if isinstance(x, np.ndarray) else 0)
    return {"axes": [*axes], "colors": [*colors], "size": size}


def _color(value: Any) -> Color:
    if is_number(value):
        return float(value)
    label = cell(value)
    return "" if label is None else str(label)


def _along(instance: Instance, axis: int | str) -> float:
    if isinstance(axis, int):
        return component(instance.get("x"), axis)
    value = at(instance, axis)
    return float(value) if is_number(value) else NOWHERE
