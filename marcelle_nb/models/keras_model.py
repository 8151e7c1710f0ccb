"""Any Keras model as a model of this package."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.data_store import DataStore
from marcelle_nb.errors import AlreadyTraining
from marcelle_nb.models.checked_options import (
    checked_labels,
    checked_range,
    checked_seed,
    checked_shape,
)
from marcelle_nb.models.fitted_keras_model import FittedKerasModel
from marcelle_nb.models.keras_examples import read_examples
from marcelle_nb.models.keras_files import is_there, names_file, read_network, with_layers
from marcelle_nb.models.keras_packing import keep_file
from marcelle_nb.models.keras_shapes import shape_of
from marcelle_nb.models.keras_source import KerasSource
from marcelle_nb.models.keras_state import refuse_bad_weights
from marcelle_nb.models.keras_training import train_network
from marcelle_nb.models.training_status import TrainingStatus
from marcelle_nb.run import POLL_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import keras

    from marcelle_nb.formats.loaded_model import LoadedModel
    from marcelle_nb.models.keras_examples import Examples
    from marcelle_nb.models.keras_network import KerasNetwork
    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.targets import Learned
    from marcelle_nb.models.training_rows import TrainingRows
    from marcelle_nb.run import Run


class KerasModel(FittedKerasModel):
    """Trains any Keras model, and predicts with it, as the other models of this package.

    A training goes on from the weights that there are. The first one, and the first after `clear`,
    begins anew: a build function is called again, a model that was given gets back the weights that
    it came with. A build function is also called again where the data have labels or a shape that
    the model does not know.

    Parameters
    ----------
    build : keras.Model or callable, optional
        A Sequential, functional or subclassed model; or a function of the shape of one input, as
        `(4,)` or `(64, 64, 3)`, and the number of classes (1 for a regression) that returns one.
        None: `load` one.
    task : {"classification", "regression"}
        What `y` of the instances is: a label, or a number.
    labels : list of str, optional
        In the order of the outputs, for a model that is trained already: it predicts at once.
    input_range : tuple of float, optional
        What the values 0 and 255 of images become, before the first layer. By default (0, 1), or
        what a file says that is loaded.
    seed : int, optional
        Makes trainings repeatable bit by bit on one machine. Of a model that was given, the first
        weights are as they are.
    epochs : int
        How often all rows are shown. Read after every epoch: a change counts at once.
    batch_size : int
        Rows a step. Read when a training begins.
    learning_rate : float
        Read before every epoch.
    optimizer : str
        Read when a training begins; another one than before begins without a state. `"own"` is that
        of a model compiled with one that has no name here.
    validation_split : float
        The share of the rows of each label, in [0, 1], that validates instead of training.
    data_store : DataStore, or a location as text, optional
        Where `save`, `load` and `sync` go that name no store; the store in memory by default.

    Notes
    -----
    A model that is compiled keeps its loss, metrics and optimizer, whose name and learning rate the
    parameters take over unless they are given. Any other minimises cross-entropy (after a softmax
    or a sigmoid, or before: it looks at the last layer's activation) or, for a regression, the mean
    squared error.

    Whether a run was cancelled is read between the steps, each of which is one batch.

    Examples
    --------
    >>> def build(input_shape, classes):
    ...     layers = [keras.Input(input_shape), keras.layers.Dense(classes, activation="softmax")]
    ...     return keras.Sequential(layers)
    >>> model = KerasModel(build, epochs=5)
    """

    title = "Keras model"
    file_stem = "keras-model"

    def __init__(
        self,
        build: Callable[[tuple[int, ...], int], keras.Model] | keras.Model | None = None,
        *,
        task: str = "classification",
        labels: Sequence[str] | None = None,
        input_range: tuple[float, float] | None = None,
        seed: int | None = None,
        **parameters: Any,
    ) -> None:
        super().__init__(task=task, labels=labels, **parameters)
        self.seed = checked_seed(seed)
        self._source = KerasSource(
            build,
            is_regression=self.task == "regression",
            input_range=None if input_range is None else checked_range(input_range),
            seed=self.seed,
        )
        self._making = threading.RLock()
        if self._source.given is not None:
            self._take_over(self._source.given)
            if self._labels is not None:
                shape = shape_of(self._source.given)
                self._fitted = self._source.new(shape, self._labels)

    # Training

    @property
    def _learned(self) -> Learned:
        return "number" if self.task == "regression" else "label"

    def _fit(self, run: Run, rows: TrainingRows, validation: TrainingRows | None) -> dict[str, Any]:
        examples, held_back = read_examples(rows, validation)
        with self._made_by(run):
            labels = self._labels_of(examples)
            network = self._source.fitting(self._fitted, examples.shape, labels)
            if self._fitted is None:
                self._take_over(network.model)
            validated = None if held_back is None else held_back.features
            network.learn_from(examples.features, validated)
            network.prepare(self.optimizer, self.learning_rate)
        split = self.validation_split if validation is None else 0.0
        return train_network(self, run, network, examples, held_back, split=split)

    @contextmanager
    def _made_by(self, run: Run) -> Iterator[None]:
        """Keep `build` out while a run makes its model; where it came first, wait for its end."""
        while not self._making.acquire(timeout=POLL_S):
            run.checkpoint()
        try:
            yield
        finally:
            self._making.release()

    def _labels_of(self, examples: Examples) -> list[str] | None:
        if self.task == "regression":
            return None
        known = self._labels or (self._fitted and self._fitted.labels)
        return examples.labels_for(self.title, self._labels, is_known=bool(known))

    # Building and loading

    @property
    def keras_model(self) -> keras.Model | None:
        """The Keras model; None before a build function was called."""
        return self._source.given if self._fitted is None else self._fitted.model

    def build(self, input_shape: Sequence[int], labels: Sequence[str] | None = None) -> None:
        """Build the model before there are data, to look at it; a training goes on with it.

        Parameters
        ----------
        input_shape : tuple of int
            Of one input, as `(4,)`.
        labels : list of str, optional
            Of a classification, in the order of the outputs.

        Raises
        ------
        TrainingError
            If the layers do not fit together, the input or the labels; it names the layer.
        TypeError, ValueError
            If the shape is not of whole numbers from 1 on, or the labels are no texts.
        AlreadyTraining
            If a run of this model is active, or it is being built or loaded.

        Notes
        -----
        Thread: any. A training that is asked for meanwhile begins when it is built.
        """
        shape = checked_shape(input_shape)
        names = None if labels is None else checked_labels(labels)
        if self.task == "classification" and not names:
            raise TypeError("labels: expected a list of texts for a classification, got none")
        if not self._making.acquire(blocking=False):  # a run may take long to make its model
            raise AlreadyTraining(f"{self.title}: expected no model being made, got one")
        try:
            self._build(shape, None if self.task == "regression" else names)
        finally:
            self._making.release()
        self.training._deliver()

    def _build(self, shape: tuple[int, ...], labels: list[str] | None) -> None:
        with self._train_lock:  # before anything is made anew: a run trains these weights
            self._refuse_if_busy()
        network = self._source.new(shape, labels)  # a run that begins from now on waits
        self._take_over(network.model)
        with self._train_lock:
            self._fitted = network
            self._tell_later(TrainingStatus("idle"))

    def load(
        self,
        store: Any = None,
        id_or_name: str | None = None,
        *,
        id: str | None = None,
        trust: bool = False,
    ) -> Any:
        """Load what `save` has put into a store or a file; the old one is gone when it is there.

        From a store, as the other models: `load(store, name)`, `load(name)`, `load()`. Or from a
        file, whoever wrote it: `load("model.keras")`, `load(folder / "web")`. `save` says which
        texts mean a file; so does one that is the path of something, unless the store has a model
        of that id or name.

        A training goes on where it stopped, with the state of its optimizer. What was saved as a
        regression is one again, whatever `task` was before.

        Parameters
        ----------
        store : DataStore, str, path, or files as `marcelle_nb.load` takes them, optional
        id_or_name, id : str, optional
            With a store; see `StorableModel.load`.
        trust : bool
            Of a file: open also what could run code. Only for files that you made yourself.

        Returns
        -------
        StoredModel, or KerasModel
            What the store says of it; this model, where it came from a file.

        Raises
        ------
        NotFound
            If there is none in the store; another `StoreError` if it cannot be read.
        UnsupportedByModel
            If what is there holds inference only.
        ModelFormatError
            If it is no model.
        FileNotFoundError
            If there is no file at a path.
        AlreadyTraining
            If a run of this model is active.
        """
        name = id_or_name if id is None else id
        if not trust and not self._means_file(store, name):
            return super().load(store, id_or_name, id=id)
        if name is not None:
            raise TypeError(
                f"load: expected a file alone, or a store and a name, got {store!r:.80}"
            )
        self._load(lambda: self._opened(store, trust=trust), {"source": "file"})
        return self

    def _means_file(self, given: Any, id_or_name: str | None) -> bool:
        if given is None or isinstance(given, DataStore):
            return False
        if not isinstance(given, str) or names_file(given):
            return True
        if id_or_name is not None or not is_there(given):
            return False
        return not self._models(self.data_store).knows(given)

    def _opened(self, source: Any, **options: Any) -> KerasNetwork:
        return self._network(read_network(source, **options))

    def _network(self, loaded: LoadedModel) -> KerasNetwork:
        with self._making:
            network = self._source.loaded(with_layers(loaded))
        refuse_bad_weights(network.model)
        return network

    def _unpack(self, packed: PackedModel) -> KerasNetwork:
        network: KerasNetwork = super()._unpack(packed)
        keep_file(network, packed)
        return network

    def _adopt(self, fitted: KerasNetwork) -> None:
        with self._making:
            self._source.adopt(fitted)
            self.task = "regression" if fitted.is_regression else "classification"
            self._taken = set()
            self._take_over(fitted.model)
        if fitted.untrained:
            self._raise_alert(f"A training will not go on: {fitted.untrained}")
