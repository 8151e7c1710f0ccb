"""Shows the trainings of a store, records those of a model, and brings earlier models back."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from marcelle_nb.component import Component
from marcelle_nb.components.history_options import history_options
from marcelle_nb.components.progress_bar import statuses_of
from marcelle_nb.components.run_feed import RunFeed
from marcelle_nb.components.run_messages import RunMessages
from marcelle_nb.components.run_table import RunTable
from marcelle_nb.components.run_undo import RunUndo
from marcelle_nb.data.given_store import given_store
from marcelle_nb.errors import MessageRejected, UnsupportedByModel
from marcelle_nb.models.run_tracker import RunTracker
from marcelle_nb.models.training_runs import TrainingRuns, checked_basename
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from marcelle_nb.data.data_store import DataStore
    from marcelle_nb.data.service import Service
    from marcelle_nb.message import Message
    from marcelle_nb.models.stored_model import StoredModel

STATIC_ROWS = 10


class TrainingHistory(Component):
    """The training runs of a store: a table, and the curves and parameters of those selected.

    `track` records every training of a model as a run, with its parameters, its numbers and, at its
    end, the model itself. Runs that Marcelle or its Python package wrote are shown, too.

    Parameters
    ----------
    store : DataStore, or a location as text
        Where the runs are, in the service `runs`; those of other kernels appear at once.
    metrics : list of str, or dict, optional
        Which have a column with their last value, by the names of any Marcelle. Without, those that
        the runs have. Both options in one dictionary, `{"metrics": …, "actions": …}`, are taken in
        this place, too.
    actions : list of str, or of dict, optional
        Buttons of your own for each run; `{"name": …, "multiple": True}` is one for all selected
        runs, too.

    Attributes
    ----------
    selection : Stream of list of dict
        Held. The runs that are selected, as `get` gives them; they change while they go on.
    actions : Stream of dict
        Events: `{"name": …, "data": …}` when a button was pressed, with the run, or with the list
        of selected runs.
    runs : Service
        The documents of the runs, in Marcelle's form.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of this.
    StoreError
        If the store cannot be opened; other methods raise it where a store fails.

    Notes
    -----
    Thread: any. Of each name, the newest 20 runs keep their models. A run whose kernel was killed
    is shown as stopped when it was silent for a quarter minute.

    Examples
    --------
    >>> from marcelle_nb.models.mlp import MLP
    >>> model = MLP(epochs=2, seed=0)
    >>> history = TrainingHistory("memory").track(model, "example")
    >>> run = model.train([{"x": [0, i], "y": "ab"[i % 2]} for i in range(8)]).wait()
    >>> history.get("example-1")["epoch"], history.get("example-1")["checkpoints"][0]["name"]
    (2, 'example-1@final')
    >>> history.remove("example-1")
    """

    view = "training_history"

    def __init__(
        self,
        store: DataStore | str | os.PathLike[str],
        metrics: Sequence[str] | Mapping[str, Any] | None = None,
        actions: Sequence[str | Mapping[str, Any]] = (),
    ) -> None:
        super().__init__()
        shown, self._actions = history_options(metrics, actions)
        self._runs = TrainingRuns(given_store(store))
        self._table = RunTable(shown)
        self._messages = RunMessages(self, self._runs, self._table)
        self._undo = RunUndo()
        self._tracker: RunTracker | None = None
        self._lock = threading.Lock()
        self.actions: Stream[dict[str, Any]] = self._stream()
        self._tracked: Stream[dict[str, Any]] = self._stream({"title": "", "services": []})
        self._notice: Stream[str] = self._stream("")
        self._feed = RunFeed(self, self._runs, self._table)
        self.selection = self._feed.selection

    @property
    def runs(self) -> Service:
        """The documents of the runs."""
        return self._runs.service

    @property
    def store(self) -> DataStore:
        """Where the runs are."""
        return self._runs.store

    # Recording

    def track(self, model: Any, basename: str = "anonymous") -> Self:
        """Record every training of a model, also the one under way.

        The run is in the store, complete and with the model, when `wait` of the training returns.
        What cannot be kept is told in the alert line; the training goes on.

        Parameters
        ----------
        model : Model, or an object with a stream `training` of TrainingStatus
            In the place of the one tracked before. A model that cannot be stored has runs without
            a model.
        basename : str
            The runs are called `basename-1`, `basename-2`, and so on.

        Returns
        -------
        TrainingHistory
            This one.

        Raises
        ------
        TypeError, ValueError
            If the model has no such stream, or the name is no text of 1 to 200 characters.
        """
        statuses_of(model, "training", "model")
        name = checked_basename(basename)
        tracker = RunTracker.of(model, self._runs)
        with self._lock:
            before, self._tracker = self._tracker, tracker
        if before is not None and before is not tracker:
            before.release(self)
        tracker.follow(name, self, self._raise_alert)
        tracked = tracker.model
        self._tracked.set({"title": tracked.title[:200], "services": tracked.services})
        return self

    # Reading, selecting

    def get(self, run: str) -> dict[str, Any]:
        """Give a run by its id, or the newest of a name.

        Returns
        -------
        dict
            `id name basename start source status epoch epochs params logs checkpoints model`, and
            what else is in its document. `logs` has a list for each metric, by the names of
            `training`: `loss accuracy val_loss val_accuracy`. `status` is `start`, `epoch`,
            `success`, `error`, or `stopped` where the kernel is gone that trained.

        Raises
        ------
        NotFound
            If there is none.
        """
        return self._table.shown(self._runs.get(_name(run)))

    def select(self, *runs: str | Mapping[str, Any]) -> None:
        """Select runs by their ids or names; `NotFound` where one is not there."""
        self._feed.selected.set([self._runs.get(_name(run))["id"] for run in runs])

    # Changing

    def restore(self, run: str | Mapping[str, Any]) -> StoredModel:
        """Load the model that a run has made into the model that is tracked.

        Parameters
        ----------
        run : str, or dict
            Its id or name, or the run itself.

        Raises
        ------
        UnsupportedByModel
            If no model is tracked that can be loaded, or the run is of another kind of model.
        NotFound
            If there is no such run, or it has no model any more.
        ModelFormatError
            If what is there is no model of this kind. The model is as it was.
        AlreadyTraining
            If the model trains.
        """
        found = self._runs.get(_name(run))
        tracker = self._tracker
        if tracker is None:
            raise UnsupportedByModel(
                "restore: expected a tracked model, got none: call track first"
            )
        self._notice.set("")
        stored = tracker.model.restore(self.store, found)
        self._notice.set(
            f"{tracker.model.title[:200]} is now what {found['name'][:200]} has learned"
        )
        return stored

    def remove(self, *runs: str | Mapping[str, Any]) -> None:
        """Remove runs and the models that they saved; `undo` brings them back.

        Raises
        ------
        NotFound
            If one is not there; then none is removed.
        """
        ids = [self._runs.get(_name(run))["id"] for run in runs]
        if ids:
            self._notice.set("")
            self._undo.add(self._runs.remove(ids))

    def undo(self) -> str:
        """Bring back what was removed last, and say what was done; "" where nothing was."""
        done = self._undo.undo()
        self._notice.set(done)
        return done

    def _act(self, name: str, ids: Sequence[str], *, multiple: bool) -> None:
        """Tell that a button was pressed."""
        action = next((one for one in self._actions if one["name"] == name), None)
        if action is None or (multiple and not action["multiple"]):
            raise MessageRejected(f"action: expected one of this history, got {name!r:.80}")
        runs = self._feed.runs(ids)
        if not runs:
            raise MessageRejected("action: expected a run, got one that is gone")
        self.actions.set({"name": name, "data": runs if multiple else runs[0]})

    def heartbeat(self) -> None:
        """Look for runs that have fallen silent."""
        self._feed.look()

    # The page's side

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "where": Stream(self.store.where),
            "columns": self._feed.columns,
            "actions": Stream(self._actions),
            "selected": self._feed.selected,
            "revision": self._feed.revision,
            "tracked": self._tracked,
            "notice": self._notice,
            "undoable": self._undo.undoable,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return self._messages.handlers()

    def _summary(self) -> list[tuple[str, object]]:
        rows: list[tuple[str, object]] = [("runs", len(self._table))]
        if self._tracked.value["title"]:
            rows.append(("tracked", self._tracked.value["title"]))
        return [*rows, ("where", self.store.where)]

    def _picture_html(self) -> str:
        return self._table.to_html(STATIC_ROWS)

    def close(self) -> None:
        """End the recording, and remove the views; the runs stay."""
        with self._lock:
            tracker, self._tracker = self._tracker, None
        if tracker is not None:
            tracker.release(self)
        super().close()


def _name(run: Any) -> str:
    """Give what says which run is meant."""
    name = run.get("id") if isinstance(run, Mapping) else run
    if not isinstance(name, str):
        raise TypeError(f"run: expected an id, a name or a run, got {run!r:.80}")
    return name
