"""The steps in which a small network learns from its teacher, and how they go on after a stop."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.features.kept_arrays import read_arrays, write_arrays
from marcelle_nb.features.light import relight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from marcelle_nb.features.student import Student
    from marcelle_nb.image import RGB

    Floats = NDArray[np.float32]

RATE = 2e-3
"""The highest learning rate; it rises to it, and then falls to 0 as a cosine."""

RISING_SHARE = 0.03
"""The share of the steps in which the learning rate rises."""

DECAY = 0.02
"""How fast weights shrink by themselves, times the learning rate; biases do not."""

LONGEST_GRADIENT = 5.0
"""A longer gradient of a variable, each for itself, is made so short."""

PAIRS = 8.0
"""How much the likeness of pairs counts beside the direction of each vector."""

ADVICE = "delete the file to begin to learn again"


class Learning:
    """Teach a network the vectors of crops.

    The loss is one minus the cosine of what it says of a crop and of what it should say, and the
    mean square difference of the cosines of all pairs in a batch. The vectors' similarities are
    kept so, as in [1]_ and [2]_, there in other measures. The learning rate falls as in [3]_,
    without restarts, and the steps are those of [4]_.

    Parameters
    ----------
    student : Student
        The network.
    crops : sequence of uint8, shape (n, side, side, 3)
        In pieces of equal n.
    targets : float32, shape (n_crops, n_features)
        Unit vectors, one for each crop.
    n_steps : int
        Batches until it is done. Another number than before changes how the learning rate goes on.
    batch_size : int
        Crops in one batch; their pairs are compared.
    seed : int
        The same seed gives the same batches, also after a stop.
    path : Path
        The file that it goes on from, if it is there, and that `save` writes.

    Attributes
    ----------
    number : int
        Steps that are done.
    n_planned : int or None
        How many steps there were to be when the file was saved; None without a file.

    Raises
    ------
    ValueError
        If the file is of another network, or damaged.

    References
    ----------
    .. [1] Tung, F. & Mori, G. (2019). Similarity-preserving knowledge distillation. ICCV,
       1365–1374.
    .. [2] Park, W., Kim, D., Lu, Y. & Cho, M. (2019). Relational knowledge distillation. CVPR,
       3967–3976.
    .. [3] Loshchilov, I. & Hutter, F. (2017). SGDR: Stochastic gradient descent with warm restarts.
       ICLR.
    .. [4] Loshchilov, I. & Hutter, F. (2019). Decoupled weight decay regularization. ICLR.
    """

    def __init__(
        self,
        student: Student,
        crops: Sequence[RGB],
        targets: Floats,
        *,
        n_steps: int,
        batch_size: int,
        seed: int,
        path: Path,
    ) -> None:
        import keras

        self._student, self._crops, self._targets = student, crops, targets
        self.n_steps, self._batch_size = n_steps, batch_size
        self._seed, self._path = seed, path
        self._optimizer = keras.optimizers.AdamW(
            RATE, weight_decay=DECAY, clipnorm=LONGEST_GRADIENT
        )
        self._optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self._optimizer.build(student.model.trainable_variables)
        self.number = 0
        self.n_planned: int | None = None
        if path.exists():
            self._restore()

    def run(self) -> Iterator[float]:
        """Do the steps that are left, one by one; yield the loss of each."""
        step = _compiled(self._student.model, self._optimizer)
        with ThreadPoolExecutor(1) as worker:  # makes the next batch while this one is learned
            batch = worker.submit(self._batch, self.number)
            while self.number < self.n_steps:
                pictures, targets = batch.result()
                batch = worker.submit(self._batch, self.number + 1)
                self._optimizer.learning_rate.assign(self._rate(self.number))
                loss = float(step(pictures, targets))
                if not math.isfinite(loss):
                    raise ValueError(f"loss: expected a finite number, got {loss}")
                self.number += 1
                yield loss

    def save(self) -> None:
        """Write all that is needed to go on."""
        named: dict[str, Any] = {
            f"value_{i}": np.asarray(value) for i, value in enumerate(self._variables())
        }
        write_arrays(self._path, {"number": self.number, "n_steps": self.n_steps, **named})

    def _restore(self) -> None:
        variables = self._variables()
        named = read_arrays(self._path, "a saved training", ADVICE)
        try:
            values = [named[f"value_{i}"] for i in range(len(named) - 2)]
            number, n_planned = int(named["number"]), int(named["n_steps"])
        except (LookupError, OverflowError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self._path}: expected a saved training, got another file ({error}); {ADVICE}"
            ) from error
        shapes = [tuple(variable.shape) for variable in variables]
        if number < 0 or shapes != [value.shape for value in values]:
            raise ValueError(
                f"{self._path}: expected a training of this network, got another; {ADVICE}"
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        self.number, self.n_planned = number, n_planned

    def _variables(self) -> list[Any]:
        return [*self._student.model.variables, *self._optimizer.variables]

    def _batch(self, number: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng([self._seed, 2, number])
        places = self._places(number)
        size = len(self._crops[0])
        crops = np.stack([self._crops[place // size][place % size] for place in places])
        return relight(rng, crops) / np.float32(127.5) - 1, self._targets[places]

    def _places(self, number: int) -> NDArray[np.int64]:
        """Give each crop its turn, in another order every time."""
        n = len(self._targets)
        per_turn = max(1, n // self._batch_size)
        turn, batch = divmod(number, per_turn)
        order = np.random.default_rng([self._seed, 3, turn]).permutation(n)
        return order[batch * self._batch_size : (batch + 1) * self._batch_size]

    def _rate(self, number: int) -> float:
        rising = max(1, round(RISING_SHARE * self.n_steps))
        done = (number - rising) / max(1, self.n_steps - rising)
        return RATE * min((number + 1) / rising, (1 + math.cos(math.pi * max(0.0, done))) / 2)


def _compiled(model: Any, optimizer: Any) -> Any:
    """Compile one step of learning; it gives the loss."""
    import tensorflow as tf

    def step(pictures: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            vectors = tf.math.l2_normalize(model(pictures, training=True), axis=1)
            apart = 1 - tf.reduce_mean(tf.reduce_sum(vectors * targets, axis=1))
            likeness = tf.matmul(vectors, vectors, transpose_b=True)
            wanted = tf.matmul(targets, targets, transpose_b=True)
            loss = apart + PAIRS * tf.reduce_mean(tf.square(likeness - wanted))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return tf.function(step, reduce_retracing=True)
