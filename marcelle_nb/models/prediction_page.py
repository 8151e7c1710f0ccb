"""Instances on their way to a model: a page of them, and how they are read."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.dataset import Dataset
from marcelle_nb.data.instance import checked
from marcelle_nb.data.service_iterable import ServiceIterable
from marcelle_nb.data.stored_instance import renamed
from marcelle_nb.errors import InstanceRejected
from marcelle_nb.models.feature_vector import FeatureVector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

PAGE_BYTES = 8_000_000
"""About how much of a page's inputs is in memory: a page of images has fewer rows."""


@dataclass
class PredictionPage:
    """Some instances that are predicted together.

    Attributes
    ----------
    ids : list
        Of the instances; where they have none, their places in the iteration.
    labels : list
        What they are labelled with, None where they are not.
    inputs : list of array
        What a model is to predict from.
    versions : list of str or None
        The image features that made each input.
    n_bytes : int
        Of the inputs.
    marks : list of str
        `instance_version` of each; "" where nothing is to be gone on with.
    outdated : dict of int to str
        For the places of those that had another prediction before, the id of that.
    count : int
        How many instances have a prediction when these have one.
    """

    ids: list[Any] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)
    inputs: list[NDArray[Any]] = field(default_factory=list)
    versions: list[str | None] = field(default_factory=list)
    n_bytes: int = 0
    marks: list[str] = field(default_factory=list)
    outdated: dict[int, str] = field(default_factory=dict)
    count: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    def add(
        self,
        id: Any,
        instance: Mapping[str, Any],
        x: NDArray[Any],
        version: Any,
        *,
        mark: str = "",
        replaces: str | None = None,
    ) -> None:
        """Append an instance, and say which prediction its own replaces."""
        if replaces is not None:
            self.outdated[len(self)] = replaces
        self.ids.append(id)
        self.labels.append(instance.get("y"))
        self.inputs.append(x)
        self.versions.append(version)
        self.marks.append(mark)
        self.n_bytes += x.nbytes

    def is_full(self, batch_size: int) -> bool:
        """Say whether it is time for the next one."""
        return len(self) >= batch_size or self.n_bytes >= PAGE_BYTES


def instances_of(given: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Give the id of each instance, or its place, and the instance.

    Raises
    ------
    InstanceRejected
        If something is no instance.
    """
    rows: Iterable[Any] = given.items() if isinstance(given, Dataset) else given
    for place, instance in enumerate(rows):
        if not isinstance(instance, Mapping):
            raise InstanceRejected(f"instance {place}: expected a dictionary, got {instance!r:.80}")
        identifier = instance.get("id", instance.get("_id"))
        yield (place if identifier is None else identifier), instance


def number_of(given: Any) -> int | None:
    """Count instances without reading them; None where that cannot be."""
    if isinstance(given, Dataset):
        return given._collection.count()
    if isinstance(given, ServiceIterable):
        table, query = given._table, given._query
        n = table.storage.read(lambda it: table.count(it, query.where))
        n = max(0, n - query.skip)
        return n if query.limit is None else min(n, query.limit)
    return len(given) if isinstance(given, Sized) else None


def source_of(given: Any) -> dict[str, str] | None:
    """Say which data these are, where another process would find the same."""
    if not isinstance(given, Dataset):
        return None
    return {"name": given.name, "store": given.store.location}


def input_of(
    id: Any, instance: Mapping[str, Any], input_field: str
) -> tuple[Mapping[str, Any], NDArray[Any], str | None]:
    """Give the checked instance, the input of a model, and the image features that made it.

    `features` falls back to `x`: there stands the name of what made the numbers, and in Marcelle's
    first versions the numbers.

    Raises
    ------
    InstanceRejected
        If there is no such input; the message names the instance.
    """
    whole = renamed(dict(instance))
    if input_field == "features" and not isinstance(whole.get("features"), list | np.ndarray):
        input_field = "x"
    given = whole.get(input_field)
    try:
        if input_field == "x":
            row = checked({key: whole[key] for key in ("x", "y", "features") if key in whole})
            version = row.get("features")
        else:
            row = checked({"x": given, "y": whole.get("y")})
            version = getattr(given, "version", None)
    except InstanceRejected as error:
        where = "" if input_field == "x" or given is not None else f"{input_field:.60}: "
        raise InstanceRejected(f"instance {id!r:.80}: {where}{error}") from error
    return row, row["x"], version if isinstance(version, str) else None


def instance_version(y: Any, x: NDArray[Any], version: str | None) -> str:
    """Say in a short text what a prediction depends on of an instance.

    Two instances have the same exactly where input, label and image features are. It is made of
    what was read and of no time, so that neither clocks that differ nor a change while the instance
    is predicted can hide one.
    """
    about = json.dumps([x.dtype.str, x.shape, version, y], default=str)
    digest = hashlib.blake2b(about.encode("utf-8", "surrogatepass"), digest_size=12)
    digest.update(np.ascontiguousarray(x).data)
    return digest.hexdigest()


def with_versions(inputs: Sequence[Any], versions: Sequence[str | None]) -> list[Any]:
    """Let vectors remember what made them."""
    return [
        FeatureVector(x, version) if version is not None and x.ndim == 1 else x
        for x, version in zip(inputs, versions, strict=True)
    ]


def packed_inputs(inputs: Sequence[NDArray[Any]]) -> list[bytes]:
    """Write arrays as npy: one array of all where they are alike, else one for each."""
    alike = len({(x.shape, x.dtype.str) for x in inputs}) == 1
    return [_npy(np.stack(inputs))] if alike else [_npy(x) for x in inputs]


def unpacked_inputs(data: Sequence[bytes]) -> list[NDArray[Any]]:
    """Read what `packed_inputs` wrote."""
    arrays = [np.load(io.BytesIO(one), allow_pickle=False) for one in data]
    return list(arrays[0]) if len(arrays) == 1 else arrays


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
