"""Crops and what a teacher says of them, kept on disk so that it is asked only once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from marcelle_nb.data.replaced_file import replace_file
from marcelle_nb.features.crops import draw_crop
from marcelle_nb.features.kept_arrays import read_array, write_array

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from marcelle_nb.features.photos import Photos
    from marcelle_nb.features.teacher import Teacher
    from marcelle_nb.image import RGB

CHUNK = 500
"""Crops in one pair of files: what a training that is stopped does again, at most."""

AT_ONCE = 32
"""Crops that the teacher is asked about at once."""

ADVICE = "delete the file, and the same command makes these crops again"


class CropPool:
    """A fixed number of crops, and the teacher's vector of each.

    Parameters
    ----------
    folder : Path
        Where the crops are, or will be.
    photos : Photos
        What they are cut from.
    teacher : Teacher
        Who describes them.
    side : int
        Width and height of the crops that are kept, in pixels.
    seed : int
        The same seed gives the same crops, whether or not `fill` was interrupted.

    Raises
    ------
    ValueError
        If the folder holds crops of other photos, of another teacher, size or seed, or nobody can
        tell of which.
    """

    def __init__(
        self, folder: Path, photos: Photos, teacher: Teacher, *, side: int, seed: int
    ) -> None:
        self.folder = folder
        self._photos, self._teacher, self._side, self._seed = photos, teacher, side, seed
        self._check()

    def fill(self, n_crops: int) -> Iterator[int]:
        """Make the crops that are not there yet; yield how many are there, chunk by chunk."""
        for chunk in range(-(-n_crops // CHUNK)):
            if not all(self._path(name, chunk).exists() for name in ("crops", "targets")):
                self._make(chunk)
            yield (chunk + 1) * CHUNK

    def read(self, n_crops: int) -> tuple[list[RGB], NDArray[np.float32]]:
        """Give the crops, chunk by chunk as they lie on disk, and the teacher's vectors.

        Returns
        -------
        list of uint8, shape (CHUNK, side, side, 3)
            Read from disk when they are used.
        float32, shape (n_crops, n_values)

        Raises
        ------
        ValueError
            If a file is damaged; it is named.
        OSError
            If one cannot be read.
        """
        chunks = range(-(-n_crops // CHUNK))
        crops = [self._crops(chunk) for chunk in chunks]
        targets = [self._targets(0)]
        targets += [self._targets(chunk, targets[0].shape[1]) for chunk in chunks[1:]]
        return crops, np.concatenate(targets)

    def _crops(self, chunk: int) -> RGB:
        path = self._path("crops", chunk)
        crops = read_array(path, "crops", ADVICE)
        wanted = (CHUNK, self._side, self._side, 3)
        if crops.shape != wanted or crops.dtype != np.uint8:
            raise ValueError(
                f"{path}: expected uint8 of shape {wanted}, got {crops.dtype} of {crops.shape}; "
                f"{ADVICE}"
            )
        return crops

    def _targets(self, chunk: int, n_values: int | None = None) -> NDArray[np.float32]:
        path = self._path("targets", chunk)
        targets = read_array(path, "vectors of crops", ADVICE)
        is_table = targets.ndim == 2 and targets.dtype == np.float16
        if not is_table or targets.shape != (CHUNK, n_values or targets.shape[1]):
            raise ValueError(
                f"{path}: expected float16 of shape ({CHUNK}, {n_values or 'n'}), got "
                f"{targets.dtype} of {targets.shape}; {ADVICE}"
            )
        if not np.isfinite(targets).all():
            raise ValueError(f"{path}: expected finite numbers, got others; {ADVICE}")
        return targets.astype(np.float32)

    def _check(self) -> None:
        told: dict[str, Any] = {
            "photos": self._photos.digest,
            "teacher": self._teacher.name,
            "teacher_digest": self._teacher.digest,
            "side": self._side,
            "seed": self._seed,
        }
        path = self.folder / "pool.json"
        try:
            there = json.loads(path.read_bytes())
        except FileNotFoundError:
            if any(self.folder.glob("targets-*.npy")):
                there = "what is not known"
            else:
                there = told
                replace_file(path, json.dumps(told).encode())
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{path}: expected JSON, got a damaged file ({error}); delete the folder "
                f"{str(self.folder)!r}, and the same command makes the crops again"
            ) from error
        if there != told:
            raise ValueError(
                f"{self.folder}: expected crops of {told}, got those of {there}; --work names "
                "another folder"
            )

    def _make(self, chunk: int) -> None:
        rng = np.random.default_rng([self._seed, chunk])
        n = len(self._photos)

        def other() -> Image.Image:
            return self._photos.photo(int(rng.integers(n)), rng)

        pictures = []
        for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
            photo = self._photos.photo(self._index(number), rng)
            pictures.append(draw_crop(rng, photo, other, self._teacher.side))
        seen = [np.asarray(picture) for picture in pictures]
        size = (self._side, self._side)
        small = [
            np.asarray(picture.resize(size, Image.Resampling.BILINEAR)) for picture in pictures
        ]
        vectors = [
            self._teacher.embed(np.stack(seen[place : place + AT_ONCE]))
            for place in range(0, CHUNK, AT_ONCE)
        ]
        write_array(self._path("crops", chunk), np.stack(small))
        write_array(self._path("targets", chunk), np.concatenate(vectors).astype(np.float16))

    def _index(self, number: int) -> int:
        """Give each photo its turn, in another order every time."""
        turn, place = divmod(number, len(self._photos))
        order = np.random.default_rng([self._seed, turn, 1]).permutation(len(self._photos))
        return int(order[place])

    def _path(self, name: str, chunk: int) -> Path:
        return self.folder / f"{name}-{chunk:05d}.npy"
