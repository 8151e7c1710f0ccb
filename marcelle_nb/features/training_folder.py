"""The folder that a training goes on from: one training at a time, and always the same goal."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.data.system_lock import lock_file, try_lock
from marcelle_nb.features.kept_arrays import read_arrays, write_arrays
from marcelle_nb.features.target_space import TargetSpace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

ELSEWHERE = "--work names another folder"


class TrainingFolder:
    """What does not change from one piece of a training to the next.

    `goal.npz` in it is written once, before the first step: the settings, and the directions of the
    teacher's vectors that are learned. Directions that were found again from more crops would be
    others, and the network would have to learn anew what each of its numbers is.

    Parameters
    ----------
    path : Path
        Made where it is not there.
    settings : mapping
        What has to be the same again, in JSON's types.

    Attributes
    ----------
    training : Path
        The file of what is learned.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self.path = path
        self.training = path / "training.npz"
        self._goal = path / "goal.npz"
        self._settings = dict(settings)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from training in the folder meanwhile, where the disk has locks.

        Raises
        ------
        ValueError
            If another training is at it.
        OSError
            If nothing can be written there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with lock_file(self.path / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o666) as file:
            if try_lock(file) is False:
                raise ValueError(
                    f"work: expected a folder that no other training uses, got {str(self.path)!r}, "
                    f"where one is at work; {ELSEWHERE}"
                )
            yield

    def check(self) -> None:
        """Compare the settings with those that the training began with.

        Raises
        ------
        ValueError
            If they differ, or a file is missing or damaged.
        """
        if self._goal.exists():
            self._read()
        elif self.training.exists():
            raise ValueError(
                f"{self._goal}: expected it beside {self.training.name}, got none; {self._advice}"
            )

    def space(self, fit: Callable[[], TargetSpace]) -> TargetSpace:
        """Give the goal that the training began with; `fit` finds that of a new one.

        Raises
        ------
        ValueError
            As `check`.
        """
        if self._goal.exists():
            return self._read()
        space = fit()
        told = np.array(json.dumps(self._settings))
        write_arrays(self._goal, {"settings": told, **space._asdict()})
        return space

    def _read(self) -> TargetSpace:
        named = read_arrays(self._goal, "the goal of a training", self._advice)
        try:
            kept = json.loads(str(named["settings"]))
            space = TargetSpace(named["mean"], named["directions"])
            differing = [name for name in self._settings if kept[name] != self._settings[name]]
            is_whole = space.mean.shape == space.directions.shape[:1] and all(
                np.isfinite(part).all() for part in space
            )
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self._goal}: expected the goal of a training, got another ({error}); "
                f"{self._advice}"
            ) from error
        if not is_whole:
            raise ValueError(f"{self._goal}: expected finite numbers; {self._advice}")
        if differing:
            there, given = (_told(it, differing) for it in (kept, self._settings))
            raise ValueError(
                f"{self.path}: expected a training of {there}, got one of {given}; {ELSEWHERE}"
            )
        return space

    @property
    def _advice(self) -> str:
        return f"delete it and {self.training.name} to begin to learn again, or {ELSEWHERE}"


def _told(settings: Mapping[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} {settings[name]}" for name in names)
