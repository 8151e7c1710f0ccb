"""Photos of nothing, for what learns from photos."""

import numpy as np
from PIL import Image


def write_photos(folder, n=3, size=(60, 80)):
    """Write pictures of random pixels; give their folder."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(n):
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder
