"""The stored predictions of one batch, and what is noted about it to go on after a kill."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.dataset_name import service_name
from marcelle_nb.data.object_id import new_id
from marcelle_nb.data.record_rows import chunks
from marcelle_nb.errors import Conflict, NotFound, TrainingError
from marcelle_nb.models.done_predictions import DonePredictions
from marcelle_nb.models.held_prediction import HeldPrediction
from marcelle_nb.models.prediction_documents import true_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.models.prediction_page import PredictionPage

HEADERS = "batch-predictions"
"""The service with a document about each batch."""

VERSION = "instanceVersion"
"""The key of what `instance_version` says of the instance that was predicted."""

REMOVED_AT_ONCE = 1_000


class PredictionLog:
    """Reads and writes the predictions of a batch.

    Parameters
    ----------
    store : DataStore
        Where they are.
    name : str
        Of the batch.

    Attributes
    ----------
    predictions : Service
        The predictions.

    Notes
    -----
    What is noted about a batch is removed before its predictions are and written after that: what
    a kill leaves without a note is replaced, never gone on with.
    """

    def __init__(self, store: DataStore, name: str) -> None:
        self.store = store
        self.predictions = store.service(service_name(name, "predictions-"))
        self._headers = store.service(HEADERS)
        self._id = self.predictions.name
        self._run = ""

    def noted(self) -> dict[str, Any] | None:
        """Give what is noted about the batch; None where nothing is."""
        found = self._headers.find({"id": self._id, "$limit": 1})["data"]
        return found[0] if found else None

    def begin(
        self, about: Mapping[str, Any], total: int | None, *, resumes: bool
    ) -> DonePredictions:
        """Note that a run begins, and give what of it is done already.

        Parameters
        ----------
        about : dict
            Model, dataset and input field: a batch of the same is gone on with.
        total : int or None
            How many instances there are.
        resumes : bool
            Whether that may be; else all begins anew.
        """
        self._run = new_id()
        note = {**about, "total": total, "state": "running", "run": self._run}
        before = self.noted()
        is_same = resumes and before is not None and all(before.get(k) == about[k] for k in about)
        if is_same:
            try:
                self._headers.update(self._id, note)
            except NotFound as error:  # a clear came between
                raise _taken_over() from error
            return self._done()
        self.clear()
        try:
            self._headers.create({"id": self._id, **note})
        except Conflict as error:
            raise _taken_over() from error
        return DonePredictions()

    def _done(self) -> DonePredictions:
        done = DonePredictions()
        for document in self.predictions.items().select(["instanceId", VERSION]):
            identifier, instance = document["id"], document.get("instanceId")
            if isinstance(instance, str | int) and instance not in done.by_instance:
                version = str(document.get(VERSION) or "")
                done.by_instance[instance] = HeldPrediction(identifier, version)
            else:
                done.surplus.append(identifier)
        return done

    def write(self, page: PredictionPage, answers: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Store the predictions of a page, and give them as they are stored.

        New ones come to the end, in one change; one that replaces another takes its place.

        Raises
        ------
        TrainingError
            If another run of this batch has begun meanwhile; nothing of this page is kept.
        """
        documents = [
            {**answer, "instanceId": instance, "yTrue": true_value(label, answer)}
            | ({VERSION: mark} if mark else {})
            for answer, instance, label, mark in zip(
                answers, page.ids, page.labels, page.marks, strict=True
            )
        ]
        self._check_own()
        stored = self._renewed(documents, page.outdated)
        new = [place for place in range(len(documents)) if place not in stored]
        created = self.predictions.create([documents[place] for place in new])
        try:
            self._check_own()
        except TrainingError:  # it began between the two looks
            self.remove([document["id"] for document in created])
            raise
        stored |= dict(zip(new, created, strict=True))
        return [stored[place] for place in range(len(documents))]

    def _renewed(
        self, documents: Sequence[Mapping[str, Any]], outdated: Mapping[int, str]
    ) -> dict[int, Any]:
        """Replace predictions where they are; give by their places those that were there."""
        places = {identifier: place for place, identifier in outdated.items()}
        renewed: dict[int, Any] = {}
        for some in chunks([*places]):
            given = [{**documents[places[identifier]], "id": identifier} for identifier in some]
            for document in self.predictions.replace(given):
                renewed[places[document["id"]]] = document
        return renewed

    def _check_own(self) -> None:
        noted = self.noted()
        if noted is None or noted.get("run") != self._run:
            raise _taken_over()

    def remove(self, ids: Sequence[str]) -> None:
        """Remove predictions, those that are there."""
        for some in chunks(ids):
            self.predictions.remove(None, {"id": {"$in": [*some]}}, arrays=False)

    def end(self, state: str, total: int | None) -> None:
        """Note how the run has ended, unless another one has begun or the batch was cleared."""
        noted = self.noted()
        if noted is None or noted.get("run") != self._run:
            return
        with contextlib.suppress(NotFound):  # a clear came between
            self._headers.patch(self._id, {"state": state, "total": total})

    def clear(self) -> None:
        """Remove all predictions, in parts; first the note, so that nothing goes on with a rest."""
        with contextlib.suppress(NotFound):
            self._headers.remove(self._id)
        while ids := self._some_ids():  # not all at once, which would take memory
            self.remove(ids)

    def _some_ids(self) -> list[str]:
        found = self.predictions.find({"$limit": REMOVED_AT_ONCE, "$select": []})["data"]
        return [document["id"] for document in found]


def _taken_over() -> TrainingError:
    return TrainingError(
        "batch: expected to be the only run of this name, got another one that has begun, or a"
        " clear, in this or another kernel"
    )
