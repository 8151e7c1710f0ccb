"""What a training is given, taken as it is when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.instance import checked
from marcelle_nb.errors import TrainingError

if TYPE_CHECKING:
    from marcelle_nb.data.instance import Instance

Instances: TypeAlias = Dataset | Iterable[Mapping[str, Any]]
"""What `train` takes."""

Taken: TypeAlias = list[Any] | Exception
"""Instances, or why there are none: that is for the run to report, as `train` raises none."""


def taken(given: Instances | None) -> Taken:
    """Take instances as they are now; later changes do not count."""
    if given is None:
        return TrainingError(
            "dataset: expected one, got none: give it to train, or set model.dataset"
        )
    try:
        if isinstance(given, Dataset):
            return list(given.items())
        return [{"id": one.get("id", i), **checked(one)} for i, one in enumerate(given)]
    except Exception as error:  # noqa: BLE001 - an iterable is a user's code
        return error


def instances_of(given: Taken) -> list[Instance]:
    """Give what was taken.

    Raises
    ------
    TrainingError
        If it was no data set and no instances.
    Exception
        What an iterable of the user's raised.
    """
    if isinstance(given, AttributeError | TypeError):
        raise TrainingError(f"dataset: expected a Dataset or instances, {given}") from given
    if isinstance(given, Exception):
        raise given
    return given
