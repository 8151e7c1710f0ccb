"""What the record of a training needs of a model, whatever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import UnsupportedByModel
from marcelle_nb.message_log import MessageLog
from marcelle_nb.models.run_document import last_checkpoint, number_of
from marcelle_nb.models.storable_model import StorableModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.stored_model import StoredModel
    from marcelle_nb.models.training_status import TrainingStatus

MAX_SUMMARY = 20_000


class TrackedModel:
    """A model whose trainings are recorded.

    Parameters
    ----------
    given : Model, or an object with a stream `training` of TrainingStatus
        What it has beside the stream is used: `parameters`, `summary`, `title`, and what a
        `StorableModel` has.

    Attributes
    ----------
    given : object
        The same.

    Notes
    -----
    Thread: any.
    """

    def __init__(self, given: Any) -> None:
        self.given = given

    @property
    def title(self) -> str:
        """What the model is called."""
        return str(getattr(self.given, "title", type(self.given).__name__))

    @property
    def services(self) -> list[str]:
        """Where models are that this one can load, its own first; none of one that cannot."""
        if not self._is_packable:
            return []
        return [self.given.service_name, *self.given.older_service_names]

    @property
    def has_learned(self) -> bool:
        """Whether there is something that could be saved."""
        return self._is_packable and self.given._fitted is not None

    @property
    def _is_packable(self) -> bool:
        return isinstance(self.given, StorableModel) and self.given.is_packable

    def packed(self) -> PackedModel:
        """Pack what it has learned; `UnsupportedByModel` or `ModelFormatError` where it cannot."""
        packed: PackedModel = self.given._packed("track")
        return packed

    def params(self) -> dict[str, Any]:
        """Give the values of its parameters in forms that JSON can say."""
        parameters = getattr(self.given, "parameters", None)
        if parameters is None:
            return {}
        try:
            values = {str(it): getattr(parameters[it], "value", None) for it in parameters}
        except (TypeError, LookupError):
            return {}
        return {name: _plain(value) for name, value in values.items()}

    def summary(self) -> str:
        """Give the text about its layers; empty of one that has none."""
        describe = getattr(self.given, "summary", None)
        if not callable(describe):
            return ""
        try:
            text = describe()
        except Exception:  # noqa: BLE001 - it is for reading alone
            return ""
        return text[:MAX_SUMMARY] if isinstance(text, str) else ""

    def epochs_before(self, status: TrainingStatus) -> Iterator[dict[str, Any]]:
        """Give what the training under way has told before a status, where the model noted it."""
        log = getattr(self.given, "log", None)
        if not isinstance(log, MessageLog):
            return
        known, newest = 0, 1
        while known < newest:
            entries, newest = log.since(known)
            if not entries:
                return
            known = entries[-1][0]
            for _, entry in entries:
                if entry["status"] == "epoch" and (entry["epoch"] or 0) < (status.epoch or 0):
                    yield entry

    def restore(self, store: DataStore, run: Mapping[str, Any]) -> StoredModel:
        """Load the model that a run has made; `UnsupportedByModel` where it cannot be."""
        model, checkpoint = self.given, last_checkpoint(run)
        if checkpoint is None:
            raise UnsupportedByModel(
                f"restore: expected a run that has kept its model, got {run['name']!a:.100}"
            )
        if checkpoint.get("service") not in self.services:
            raise UnsupportedByModel(
                f"restore: expected a model that {self.title} can load, of {self.services}, got one"
                f" of {checkpoint.get('service')!a:.80}"
            )
        before = model._stored
        stored: StoredModel = model.load(store, checkpoint["id"])
        # a later `save` of the model must not take the place of the checkpoint
        model._stored = before
        return stored


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value][:1_000]
    if value is None or isinstance(value, bool):
        return value
    number = number_of(value)
    if number is not None and abs(number) < 2**53:
        return int(number) if isinstance(value, int) else number
    return str(value)[:1_000].encode("utf-8", "replace").decode().replace("\0", "\ufffd")
