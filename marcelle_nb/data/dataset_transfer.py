"""Many instances on their way from a dataset to a file, or into one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.before_commit import BeforeCommit, unheard
from marcelle_nb.data.dataset_csv import write_csv
from marcelle_nb.data.dataset_json import write_json
from marcelle_nb.data.dataset_zip import write_zip
from marcelle_nb.data.json_values import checked_document
from marcelle_nb.data.replaced_file import replaced_file
from marcelle_nb.data.staged_rows import StagedRows
from marcelle_nb.data.stored_instance import as_document
from marcelle_nb.errors import BadRequest, InstanceRejected

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    from marcelle_nb.data.collection import Collection

_WRITERS = {"json": write_json, "zip": write_zip, "csv": write_csv}

_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""What one file system or another refuses in names."""

_LONGEST = 120
_CHUNK_ROWS, _CHUNK_BYTES = 1_000, 32 * 2**20


def write_file(collection: Collection, folder: str | os.PathLike[str], format: str) -> Path:
    """Write all instances to a new file in a folder, and put it in place when it is whole."""
    if format not in _WRITERS:
        raise ValueError(f"format: expected one of {[*_WRITERS]}, got {format!r:.80}")
    date = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name = _REFUSED.sub("_", collection.name).encode()[:_LONGEST].decode(errors="ignore")
    stem = f"dataset ({name})-{date.replace(':', '-')}"
    path = Path(folder).expanduser() / f"{stem}.{format}"
    with replaced_file(path) as beside, beside.open("wb") as file:
        _WRITERS[format](collection.items(), file)
    return path


def check_files(sources: Sequence[tuple[str, Iterable[Mapping[str, Any]]]], name: str) -> None:
    """Read files, and raise if a row in them is no instance that a store takes."""
    for file, rows in sources:
        for number, row in enumerate(rows, 1):
            try:
                checked_document(as_document(row, name))
            except (InstanceRejected, BadRequest) as error:
                raise InstanceRejected(f"{file}, instance {number}: {error}") from error


def create_all(
    collection: Collection,
    instances: Iterable[Mapping[str, Any]],
    before_commit: BeforeCommit[dict[str, str]] = unheard,
) -> list[str]:
    """Create instances that are read once, in one change: all, or none where something fails.

    `before_commit` gets the `updatedAt` of each id.
    """
    chunks = _chunks(instances)
    first, second = next(chunks, []), next(chunks, None)
    if second is None:
        return collection.create(
            first,
            lambda made: before_commit(
                None if made is None else {it["id"]: it["updatedAt"] for it in made}
            ),
        )
    rows = StagedRows(collection.service)
    try:
        for chunk in chain([first, second], chunks):
            rows.add([as_document(instance, collection.name) for instance in chunk])
        return rows.publish(before_commit)
    finally:
        rows.discard()


def _chunks(instances: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    chunk: list[Mapping[str, Any]] = []
    n_bytes = 0
    for instance in instances:
        chunk.append(instance)
        n_bytes += _size(instance)
        if len(chunk) == _CHUNK_ROWS or n_bytes > _CHUNK_BYTES:
            yield chunk
            chunk, n_bytes = [], 0
    if chunk:
        yield chunk


def _size(value: Any) -> int:
    """Tell about how much memory a value takes."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return 100 + sum(map(_size, value.values()))
    if isinstance(value, list | tuple):
        # of long lists, as those of numbers, the first ones tell
        return 8 * len(value) + len(value) * sum(map(_size, value[:8])) // max(
            1, min(8, len(value))
        )
    return 24
