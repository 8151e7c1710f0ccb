"""The larger network that a small one learns from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.image import RGB

    Floats = NDArray[np.float32]

ANY_SIDE = 224
"""What a teacher is shown that takes pictures of any size."""

MOST_VALUES = 4096
"""Most numbers that a teacher may say of a picture: more are a map of places, no description."""

LARGEST = 65_504.0
"""Largest number that a teacher may say: its numbers are kept as float16."""


class Teacher:
    """A network that describes pictures by vectors.

    Parameters
    ----------
    name : str
        What it is called in what was learned from it.
    side : int
        Width and height of the pictures that it takes, in pixels.
    embed : callable
        uint8 of shape (n, side, side, 3) to numbers of shape (n, …).
    digest : str
        The beginning of a checksum of its weights, which tells it from others of its name.
    """

    def __init__(
        self, name: str, side: int, embed: Callable[[RGB], NDArray[Any]], digest: str = ""
    ) -> None:
        self.name = name
        self.side = side
        self.digest = digest
        self._embed = embed

    @classmethod
    def load(cls, source: str) -> Teacher:
        """Open the file of a teacher.

        Parameters
        ----------
        source : str
            What `marcelle_nb.load` reads, whose one input is a square RGB picture and whose first
            output describes it. Numbers go into its input as bytes where that is its type, else
            from -1 to 1.

        Raises
        ------
        ValueError
            If it is no such model.
        OSError
            If it cannot be read.
        """
        from marcelle_nb.formats.load import load, open_files

        files = open_files(source)
        model = load(files)
        shapes = [spec.shape or () for spec in model.inputs]
        _check(shapes)
        at_once, side, _, _ = shapes[0]
        takes_bytes = model.inputs[0].dtype == "uint8"

        def embed(images: RGB) -> NDArray[Any]:
            rows = images if takes_bytes else images / np.float32(127.5) - 1
            return _in_steps(lambda some: np.asarray(model(some)[0]), rows, at_once)

        name = source.replace("\\", "/").rstrip("/").rpartition("/")[2]
        return cls(name, side or ANY_SIDE, embed, _digest(files))

    def embed(self, images: RGB) -> Floats:
        """Describe pictures.

        Parameters
        ----------
        images : uint8, shape (n, side, side, 3)

        Returns
        -------
        float32, shape (n, n_values)

        Raises
        ------
        ValueError
            If the teacher says more than 4,096 numbers of a picture, or one that is not finite or
            beyond what float16 holds.
        """
        said = np.asarray(self._embed(images), dtype=np.float32)
        if said.shape[:1] != (len(images),) or not 0 < said[0].size <= MOST_VALUES:
            raise ValueError(
                f"teacher: expected 1 to {MOST_VALUES:,} numbers for each picture, got an answer of"
                f" shape {said.shape} to {len(images)} from {self.name}; a network that is cut off "
                "after its pooled layer describes a picture by one vector"
            )
        if not (np.abs(said) <= LARGEST).all():  # NaN is not
            raise ValueError(
                f"teacher: expected finite numbers up to {LARGEST:,.0f}, got others from "
                f"{self.name}"
            )
        return said.reshape(len(images), -1)


def _check(shapes: list[tuple[int | None, ...]]) -> None:
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][3] != 3 or shapes[0][1] != shapes[0][2]:
        told = ", ".join(map(str, shapes))
        raise ValueError(f"teacher: expected one input of shape (n, side, side, 3), got {told}")


def _in_steps(
    answer: Callable[[NDArray[Any]], NDArray[Any]], rows: NDArray[Any], at_once: int | None
) -> NDArray[Any]:
    """Ask as many at once as the model takes; the last ones are repeated to fill a step."""
    if at_once is None:
        return answer(rows)
    places = np.arange(-(-len(rows) // at_once) * at_once)
    filled = rows[np.minimum(places, len(rows) - 1)]
    answers = [answer(filled[i : i + at_once]) for i in range(0, len(filled), at_once)]
    return np.concatenate(answers)[: len(rows)]


def _digest(files: ModelFiles) -> str:
    """Give the beginning of a checksum of all files of a model."""
    names = set(files.names)
    if files.main is not None and files.main.endswith(".json"):  # its weights lie beside it
        from marcelle_nb.formats.tfjs.model_json import ModelJson

        groups = ModelJson.read(files, files.main).groups
        names |= {files.beside(files.main, path) for group in groups for path in group.paths}
    result = hashlib.sha256()
    for name in sorted(names):
        result.update(files.read(name))
    return result.hexdigest()[:16]
