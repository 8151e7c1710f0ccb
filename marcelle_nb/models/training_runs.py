"""The training runs of a store, and the models that they saved."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.json_values import checked_text
from marcelle_nb.errors import BadRequest, Conflict, NotFound
from marcelle_nb.models.removed_runs import RemovedRuns
from marcelle_nb.models.run_document import SOURCE, read_run
from marcelle_nb.models.stored_models import StoredModels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.service import Service
    from marcelle_nb.data.taken import Taken
    from marcelle_nb.models.packed_model import PackedModel

SERVICE = "runs"

KEPT = 20
"""So many of the newest runs of a name keep their models."""

MAX_BASENAME = 200
ID_DIGITS = 24


class TrainingRuns:
    """Numbers, reads and removes the runs of a store.

    Parameters
    ----------
    store : DataStore
        Where they are.

    Attributes
    ----------
    store : DataStore
        The same.
    service : Service
        The runs, in Marcelle's form: metrics are called `loss acc lossVal accVal` there.

    Notes
    -----
    Thread: any. What the store raises is passed on.
    """

    def __init__(self, store: DataStore) -> None:
        self.store = store
        self.service = store.service(SERVICE)

    def create(self, basename: str, document: Mapping[str, Any], first: int = 1) -> dict[str, Any]:
        """Add a run under the next number of its basename.

        Its id is made of its name, so that of two kernels that begin one at once, the later finds
        the number taken.

        Parameters
        ----------
        basename : str
            The run is called `basename-1`, `basename-2`, and so on.
        document : dict
            All but `name` and `basename`.
        first : int
            The least number.
        """
        number = max(first, self._newest_number(basename) + 1)
        while True:
            name = f"{basename}-{number}"
            names = {"id": _id(SERVICE, name), "name": name, "basename": basename}
            with contextlib.suppress(Conflict):
                if not self.service.count({"basename": basename, "name": name}):
                    return self.service.create({**names, **document})
            number += 1

    def number(self, basename: str, run: Mapping[str, Any]) -> int:
        """Give the number in a run's name; 0 where there is none."""
        digits = str(run.get("name") or "").removeprefix(f"{basename}-")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0

    def _newest_number(self, basename: str) -> int:
        newest = self.service.newest({"basename": basename})
        return 0 if newest is None else self.number(basename, newest)

    def get(self, id_or_name: str) -> dict[str, Any]:
        """Give a run by its id, or else the newest of a name; see `read_run`.

        Raises
        ------
        NotFound
            If there is none.
        """
        with contextlib.suppress(NotFound):
            return read_run(self.service.get(id_or_name))
        found = self.service.newest({"name": id_or_name})
        if found is None:
            raise NotFound(
                f"run: expected an id or a name of one in {self.store.location}, got"
                f" {id_or_name!a:.100}"
            )
        return read_run(found)

    def items(self, ids: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Give all runs, or those of some ids, in the order of their creation."""
        query = {} if ids is None else {"id": {"$in": list(ids)}}
        return map(read_run, self.service.items(query))

    # Checkpoints

    def save_checkpoint(
        self, run: Mapping[str, Any], service_name: str, packed: PackedModel
    ) -> dict[str, Any]:
        """Save the model that a run has made, and give what the run says of it.

        The id is made of the run's: what a kernel saved that was killed before it could say so is
        found when the run is removed. The name is the run's own, so that nobody who synchronises or
        loads a model of the basename is given a checkpoint.
        """
        checkpoint = _checkpoint(run)
        StoredModels(self.store, service_name).put(checkpoint["id"], checkpoint["name"], packed)
        return {**checkpoint, "service": service_name}

    def prune(self, basename: str) -> None:
        """Remove the models of all but the newest runs of a basename; the runs stay."""
        kept: dict[str, Any] = {"modelService": {"$nin": ["", None]}}
        query = {"basename": basename, "source": SOURCE, **kept}
        found = self.service.items(query).select(["name", "source", "checkpoints"])
        runs = [run for run in map(read_run, found) if _own(run)]
        for run in runs[:-KEPT]:
            own = _own(run)
            self.remove_checkpoints(own)
            left = [one for one in run["checkpoints"] if one not in own]
            with contextlib.suppress(NotFound):
                self.service.patch(
                    run["id"], {"checkpoints": left, "modelService": ""}, arrays=False
                )

    def remove_checkpoints(self, checkpoints: Sequence[Mapping[str, Any]]) -> None:
        """Remove models that `save_checkpoint` has saved."""
        for one in checkpoints:
            query = {"id": one["id"], "name": one["name"]}
            self.store.service(one["service"]).remove(None, query, arrays=False)

    def remove(self, ids: Sequence[str]) -> RemovedRuns:
        """Remove runs, and the models that they saved, so that they can be put back.

        Models first: a run without its model can be removed again, the other way round nobody would
        find what is left.
        """
        runs = list(self.items(ids))
        if not runs:
            raise NotFound(f"run: expected one to remove, got none of {list(ids)!a:.100}")
        parts: list[tuple[Service, Taken]] = []
        for name in {it for run in runs if (it := _model_service(run))}:
            made = [_checkpoint(run) for run in runs if _model_service(run) == name]
            query = {key: {"$in": [one[key] for one in made]} for key in ("id", "name")}
            service = self.store.service(name)
            parts.append((service, service.take(query)))
        parts.append((self.service, self.service.take({"id": {"$in": [it["id"] for it in runs]}})))
        return RemovedRuns(tuple(run["name"] for run in runs), tuple(parts))


def checked_basename(basename: object) -> str:
    """Check what runs are to be called."""
    if not isinstance(basename, str):
        raise TypeError(f"basename: expected a text, got {basename!r:.80}")
    if not 1 <= len(basename) <= MAX_BASENAME:
        raise ValueError(f"basename: expected 1 to {MAX_BASENAME} characters, got {len(basename)}")
    try:
        return checked_text(basename, "basename")
    except BadRequest as error:
        raise ValueError(str(error)) from None


def _checkpoint(run: Mapping[str, Any]) -> dict[str, Any]:
    """Give the id and the name of the model that a run saves at its end."""
    name = f"{run['name']}@final"
    return {"id": _id(run["id"], name), "name": name}


def _own(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the checkpoints that were made here: a document from outside may name anything."""
    if run["source"] != SOURCE:
        return []
    meant = _checkpoint(run)
    return [
        one for one in run["checkpoints"] if one.get("service") and meant.items() <= one.items()
    ]


def _model_service(run: Mapping[str, Any]) -> str:
    """Give the service of the model that a run saves, or was to save when it was killed."""
    service = run.get("modelService")
    return service if isinstance(service, str) and run["source"] == SOURCE else ""


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:ID_DIGITS]
