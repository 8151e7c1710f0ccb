"""Small weights for trying pretrained models where the real ones are not at hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from marcelle_nb.kinds import Choice
from marcelle_nb.models.practice_detector import write_practice_detector
from marcelle_nb.models.practice_mobilenet import write_practice_mobilenet

if TYPE_CHECKING:
    import os

NAMES = ("mobilenet", "coco-ssd")


def practice_weights(name: str, folder: str | os.PathLike[str]) -> Path:
    """Write weights that know a few plain, coloured things, and nothing else.

    They let a lesson run without a network: everything works as with the real weights, but for
    how little these have seen. `mobilenet(1, 0.25, url=…)` takes strawberries, oranges, lemons and
    Granny Smiths for red, orange, yellow and green balls, and each picture for one of them;
    `coco_ssd(url=…)` finds apples, oranges, bananas and sports balls: what is of one plain colour,
    red, orange, yellow or blue, and about as wide as high.

    Parameters
    ----------
    name : {"mobilenet", "coco-ssd"}
    folder : path
        Made where there is none.

    Returns
    -------
    Path
        What the models take as `url`.

    Raises
    ------
    ValueError
        If there is no such name.
    OSError
        If it cannot be written.

    Notes
    -----
    Thread: any. It takes some seconds, most of them to start TensorFlow.
    """
    place = Path(folder).expanduser()
    place.mkdir(parents=True, exist_ok=True)
    if Choice(NAMES).check("name", name) == "mobilenet":
        return write_practice_mobilenet(place / "practice-mobilenet-v1-0.25.h5")
    return write_practice_detector(place / "practice-coco-ssd")
