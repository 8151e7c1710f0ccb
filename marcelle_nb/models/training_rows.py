"""What a training is given, read into arrays when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from marcelle_nb.data.arrays import named, parts_of
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.instance import checked
from marcelle_nb.data.row_buffer import RowBuffer
from marcelle_nb.data.stored_instance import renamed
from marcelle_nb.errors import InstanceRejected, TrainingError
from marcelle_nb.models.input_rows import check_version, way_on
from marcelle_nb.models.targets import Targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from marcelle_nb.data.arrays import Rows
    from marcelle_nb.data.instance import Instance
    from marcelle_nb.models.targets import Learned
    from marcelle_nb.run import Run

Instances: TypeAlias = Dataset | Iterable[Mapping[str, Any]]
"""What `train` takes."""

Read: TypeAlias = "TrainingRows | Exception"
"""Rows, or why there are none: that is for the run to report, as `train` raises none."""

_FIELDS = ("x", "y", "features", "label")  # Marcelle's first versions have labels in `label`


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Inputs in one array, and what is to be learned for each.

    They are read page by page, and no instance is kept: the memory is that of the array, which
    above 1 GB is in a file that is gone with it.

    Attributes
    ----------
    x : float32, shape (n, *shape), or uint8, shape (n, height, width, 3)
        Arrays or images, in order; shape (0, 0) without instances. Nobody else uses the array.
    labels : list of str, length n
        Of a training that learns labels; "" stands for none, where none is allowed.
    numbers : float32, shape (n, n_outputs), or None
        Of a training that learns numbers.
    features : str or None
        The version of the image features that made the inputs; None where no instance says one.
    """

    x: Rows
    labels: list[str]
    numbers: NDArray[np.float32] | None = None
    features: str | None = None

    @classmethod
    def read(cls, given: Instances | None, learned: Learned, run: Run) -> TrainingRows:
        """Read instances as they are now; later changes do not count.

        Parameters
        ----------
        given : Dataset or iterable of instances
            An instance is a mapping; see `Dataset`. `features` and `label` of Marcelle's first
            versions are read as `x` and `y`.
        learned : {"label", "number", "maybe", "nothing"}
            What is to be learned: a label; a number or a list of numbers, the same count in each; a
            label where there is one; or nothing, then `y` is not looked at.
        run : Run
            Reading stops where it is cancelled.

        Raises
        ------
        TrainingError
            If it is no dataset and no instances.
        InstanceRejected
            If an instance does not belong to the others or has not what is to be learned; the
            message names it by its id.
        RunCancelled
        Exception
            What an iterable of the user's raised.
        """
        if given is None:
            raise TrainingError(
                "dataset: expected one, got none: give it to train, or set model.dataset"
            )
        buffer, targets, version = RowBuffer(_length(given)), Targets(learned), None
        for part in parts_of(_instances(given)):
            run.checkpoint()
            for index, instance in enumerate(part, len(buffer)):
                version = _same_version(version, instance, index)
                targets.add(instance, index)
            buffer.add(part)
        x: Any = np.asarray(
            buffer.rows()
        )  # of a memory map a plain view, which is quicker to index
        return cls(x, targets.labels, targets.numbers, version)

    @classmethod
    def taken(cls, given: Instances | None, learned: Learned, run: Run) -> Read:
        """Do the same, and give what it raises."""
        try:
            return cls.read(given, learned, run)
        except (AttributeError, TypeError) as error:
            wrong = TrainingError(f"dataset: expected a Dataset or instances, {error}")
            wrong.__cause__ = error
            return wrong
        except Exception as error:  # noqa: BLE001 - an iterable is a user's code
            return error

    def __len__(self) -> int:
        return len(self.x)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""
        return self.x.shape[1:]

    @property
    def vectors(self) -> Rows:
        """The inputs as rows, shape (n, n_features); no copy, images still as bytes."""
        return self.x.reshape(len(self.x), -1) if len(self.x) else self.x


def check_validation(rows: TrainingRows, validation: TrainingRows) -> None:
    """Refuse rows to validate on that are not like those to train on.

    Raises
    ------
    InstanceRejected
        If they are wider or narrower.
    ValueError
        If other image features made them.
    """
    if not len(validation):
        return
    check_version("validation_dataset", validation.features, rows.features)
    expected, got = rows.vectors.shape[1], validation.vectors.shape[1]
    if got != expected:
        raise InstanceRejected(
            f"validation_dataset: expected {expected} numbers an instance, got {got}"
        )


def _length(given: Instances) -> int:
    if isinstance(given, Dataset):
        return given.count.value
    return len(given) if isinstance(given, list | tuple) else 0


def _instances(given: Instances) -> Iterator[Instance]:
    if isinstance(given, Dataset):
        yield from given.items().select(_FIELDS)
        return
    for index, one in enumerate(given):
        yield _checked(one, index)


def _checked(one: Any, index: int) -> Instance:
    if not isinstance(one, Mapping):
        raise TrainingError(f"dataset: expected a Dataset or instances, got {one!r:.80} in it")
    who = {"id": one["id"]} if "id" in one else {}
    row = renamed(dict(one))
    try:
        instance = checked({key: row[key] for key in ("x", "y", "features") if key in row})
    except InstanceRejected as error:
        raise InstanceRejected(f"{named(who, index)}: {error}") from error
    return who | instance


def _same_version(known: str | None, instance: Instance, index: int) -> str | None:
    version: str | None = instance.get("features")
    if None not in (known, version) and known != version:
        raise InstanceRejected(
            "dataset: expected image features of one version, got"
            f" {sorted([str(known), str(version)])}; {named(instance, index)} has {version!r}"
            f"{way_on(known, version)}"
        )
    return known if version is None else version
