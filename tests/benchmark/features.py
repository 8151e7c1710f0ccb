"""Image features: how many scenes a few examples find again, and what a picture costs."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import marcelle_nb as mnb
from tests.benchmark.report import heading, median_s, row
from tests.drawn_scenes import few_shot_accuracy, views

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("learned", "handmade")
N_SCENES, N_VIEWS, SHOTS = 20, 12, 3
REPEATS = 50
HEIGHT, WIDTH = 480, 640

FIRST = """
import sys, time
import numpy as np
import marcelle_nb as mnb
picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
start = time.perf_counter()
features = mnb.image_features(kind=sys.argv[1])
made = time.perf_counter()
features.process(picture)
print(made - start, time.perf_counter() - made)
"""


def measure() -> None:
    """Print all figures of this module."""
    heading("Image features (scenes drawn by the tests, three examples of each known)")
    _accuracy()
    _time()


def _accuracy() -> None:
    pictures = views(N_SCENES, N_VIEWS, seed=0)
    for name, describe in _describers().items():
        rows = np.stack([describe(picture) for picture in pictures])
        share = few_shot_accuracy(rows, N_SCENES, N_VIEWS, SHOTS)
        row(f"{N_SCENES} scenes, {name}", f"{share:.3f}")
    if not mnb.has_weights("mobilenet"):
        row("  MobileNet", "not measured", "its weights are not here: marcelle-nb fetch mobilenet")


def _describers() -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {
        f"image_features({kind!r})": mnb.image_features(kind).process for kind in KINDS
    }
    if mnb.has_weights("mobilenet"):
        found["mobilenet()"] = mnb.mobilenet().process
    return found


def _time() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    for kind in KINDS:
        ms = 1000 * median_s(partial(mnb.image_features(kind).process, picture), REPEATS)
        command = [sys.executable, "-c", FIRST, kind]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        made, first = (1000 * float(seconds) for seconds in told)
        note = f"first {first:.1f} ms, after {made:.0f} ms to make it"
        row(f"image_features({kind!r}).process, {WIDTH} x {HEIGHT}", f"{ms:.1f} ms", note)
