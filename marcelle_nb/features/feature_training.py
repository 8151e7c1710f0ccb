"""Training image features: from folders of photos and a teacher to a file."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.features.crop_pool import CHUNK, CropPool
from marcelle_nb.features.due_clock import DueClock
from marcelle_nb.features.learning import Learning
from marcelle_nb.features.measured_features import write_measured
from marcelle_nb.features.photos import Photos, told_names
from marcelle_nb.features.small_network import N_FEATURES, SIDE, small_network
from marcelle_nb.features.student import Student
from marcelle_nb.features.target_space import TargetSpace
from marcelle_nb.features.training_folder import TrainingFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from marcelle_nb.features.teacher import Teacher

CROPS_A_PHOTO = 200
"""How many crops are cut from a photo, by default."""

FEWEST_CROPS, MOST_CROPS = 4 * CHUNK, 120_000
"""How many crops there are by default, at least and at most."""

TURNS = 20
"""How often each crop is learned from, by default."""

EVENNESS = 0.5
"""How far small differences that the teacher sees are enlarged: measured best at a half."""

SECONDS_BETWEEN_SAVES = 300.0
SECONDS_BETWEEN_LINES = 15.0

TIME_OVER = "the time is over; the same command goes on"


@dataclass(frozen=True)
class FeatureTraining:
    """What a training of features is made from; the same again goes on where it stopped.

    It may go on with another number of crops, and with another number of steps: what is learned
    stays the same, in the directions that were found with the first number of crops; the learning
    rate and the order of the crops then follow the new numbers. Everything else has to be as it
    was.

    Parameters
    ----------
    photos : sequence of path
        Folders of photos, which need no labels, or single photos.
    teacher : Teacher
        The network to learn from.
    out : Path
        The file to write.
    work : Path
        A folder for crops (35 kB each) and for what a stopped training goes on from. It may be
        deleted when the training is done.
    n_crops : int, optional
        How many pictures are cut from the photos, rounded up to whole 500s, at least 1,000; by
        default 200 a photo, 2,000 to 120,000. The first 500 are held out, to measure with.
    n_steps : int, optional
        How many batches are learned; by default until each crop was learned 20 times.
    batch_size : int
        Crops in a batch.
    seed : int
        Of everything that is drawn by chance.
    minutes : float, optional
        After how long to stop, with what there is.
    half : bool
        Compute in bfloat16, with 8 instead of 24 significant bits: faster on processors that know
        it.

    Raises
    ------
    ValueError
        If a number is too small.
    """

    photos: Sequence[Path]
    teacher: Teacher
    out: Path
    work: Path
    n_crops: int | None = None
    n_steps: int | None = None
    batch_size: int = 64
    seed: int = 0
    minutes: float | None = None
    half: bool = False

    def __post_init__(self) -> None:
        least = {"n_crops": 1, "n_steps": 1, "batch_size": 2, "seed": 0, "minutes": 0}
        for name, low in least.items():
            value = getattr(self, name)
            if value is not None and not value >= low:
                raise ValueError(f"{name}: expected at least {low}, got {value}")

    def run(self, tell: Callable[[str], None]) -> str | None:
        """Train, and write the file whenever the training is saved.

        The file says how like the teacher it is: the mean cosine on crops that were held out.
        These are other crops, but of the photos that it learned from; photos that it never saw
        it knows less well.

        Parameters
        ----------
        tell : callable
            Is given lines that say how far it is.

        Returns
        -------
        str or None
            The version of the features in the file; None where the time was over before the
            learning began.

        Raises
        ------
        ValueError
            If there are no photos, the teacher cannot teach, or `work` holds another training, is
            in use by another one, or has a damaged file.
        OSError
            If something cannot be written.

        Notes
        -----
        Interrupted while it learns, it saves first; while it cuts crops, up to 500 are lost.
        Thread: the calling one, and one that makes batches.
        """
        end = math.inf if self.minutes is None else time.monotonic() + 60 * self.minutes
        if self.out.is_dir():
            raise IsADirectoryError(f"out: expected a file, got the folder {str(self.out)!r}")
        photos = Photos(self.photos)
        folder = TrainingFolder(self.work, self._settings(photos))
        with folder.held():
            folder.check()
            return self._run(photos, folder, end, tell)

    def _run(
        self, photos: Photos, folder: TrainingFolder, end: float, tell: Callable[[str], None]
    ) -> str | None:
        n_crops = self._crops(len(photos))
        if photos.unreadable:
            tell(photos.told)
        tell(f"{len(photos):,} photos, {n_crops:,} crops of them")
        pool = CropPool(folder.path / "crops", photos, self.teacher, side=SIDE, seed=self.seed)
        if not self._fill(pool, photos, n_crops, end, tell):
            return None
        crops, vectors = pool.read(n_crops)
        plan = small_network(min(N_FEATURES, vectors.shape[1]))
        # the first crops are held out, so that more of them never take one of these in
        space = folder.space(lambda: TargetSpace.fit(vectors[CHUNK:], plan.n_features, EVENNESS))
        targets = space.targets(vectors)
        student = Student(plan, seed=self.seed, half=self.half)
        learning = Learning(
            student,
            crops[1:],
            targets[CHUNK:],
            n_steps=self._steps(n_crops),
            batch_size=self.batch_size,
            seed=self.seed,
            path=folder.training,
        )

        def save() -> str:
            learning.save()
            made = {**self._settings(photos), "photos": len(photos), "crops": n_crops}
            made |= {"steps": learning.number, "of_steps": learning.n_steps}
            version, likeness = write_measured(self.out, student, crops[0], targets[:CHUNK], made)
            tell(f"saved; likeness to the teacher on crops held out: {likeness:.3f}")
            return version

        return self._learn(learning, save, end, tell)

    def _crops(self, n_photos: int) -> int:
        asked = self.n_crops or min(max(CROPS_A_PHOTO * n_photos, FEWEST_CROPS), MOST_CROPS)
        return max(2, -(-asked // CHUNK)) * CHUNK

    def _steps(self, n_crops: int) -> int:
        return self.n_steps or max(1, TURNS * (n_crops - CHUNK) // self.batch_size)

    def _fill(
        self, pool: CropPool, photos: Photos, n_crops: int, end: float, tell: Callable[[str], None]
    ) -> bool:
        """Make the crops; say whether all are there."""
        due, n_told = DueClock(SECONDS_BETWEEN_LINES), len(photos.unreadable)
        for n_made in pool.fill(n_crops):
            if len(photos.unreadable) > n_told:
                new = photos.unreadable[n_told:]
                tell(f"damaged, others stand in for them: {told_names(new)}")
                n_told = len(photos.unreadable)
            if due() or n_made == n_crops:
                tell(f"crops {n_made:,} of {n_crops:,}")
            if time.monotonic() > end and n_made < n_crops:
                tell(TIME_OVER)
                return False
        return True

    def _learn(
        self, learning: Learning, save: Callable[[], str], end: float, tell: Callable[[str], None]
    ) -> str:
        """Learn until all is learned or the time is over; save now and then, and at the end."""
        line_due, save_due = DueClock(SECONDS_BETWEEN_LINES), DueClock(SECONDS_BETWEEN_SAVES)
        _tell_beginning(learning, tell)
        mean, begin, first = None, time.monotonic(), learning.number
        try:
            for loss in learning.run():
                mean = loss if mean is None else 0.98 * mean + 0.02 * loss
                if line_due():
                    left = _minutes_left(learning, first, time.monotonic() - begin)
                    tell(
                        f"step {learning.number:,} of {learning.n_steps:,}, loss {mean:.4f}, "
                        f"about {math.ceil(left)} min left"
                    )
                if save_due():
                    save()
                if time.monotonic() > end and learning.number < learning.n_steps:
                    tell(TIME_OVER)
                    break
        except KeyboardInterrupt:
            save()
            raise
        return save()

    def _settings(self, photos: Photos) -> dict[str, Any]:
        """Say what has to be the same when the training goes on."""
        return {
            "photos": photos.digest,
            "teacher": self.teacher.name,
            "teacher_digest": self.teacher.digest,
            "side": SIDE,
            "n_features": N_FEATURES,
            "evenness": EVENNESS,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "half": self.half,
        }


def _minutes_left(learning: Learning, first: int, seconds: float) -> float:
    """Give the minutes that the rest takes if it goes on as since step `first`, `seconds` ago."""
    return seconds / 60 * (learning.n_steps - learning.number) / (learning.number - first)


def _tell_beginning(learning: Learning, tell: Callable[[str], None]) -> None:
    if learning.n_planned not in {None, learning.n_steps}:
        tell(
            f"{learning.n_steps:,} steps, {learning.n_planned:,} before: the learning rate follows "
            "the new number"
        )
    if learning.number >= learning.n_steps:
        tell("nothing left to learn; the file is written again")
    elif learning.number:
        tell(f"goes on after step {learning.number:,} of {learning.n_steps:,}")
