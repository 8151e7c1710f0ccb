"""What a picture looks like, in 509 numbers: which colours and which edges are where in it.

Everything here is a fixed filter: nothing was trained and nothing is random, so the same picture
gives the same numbers on every machine, up to rounding. The steps, each of them a few lines below:

1. The picture becomes 64 × 64 pixels of lightness, red against green, and yellow against blue, made
   independent of exposure and, by half, of the colour of the light.
2. Every pixel votes for the colour that it has; the votes are counted in the whole picture and in
   3 × 3 overlapping cells of it (a spatial pyramid): 10 cells × 29 colours.
3. Every pixel votes for the direction in which each plane grows there, in 3 × 3 cells: 3 planes × 9
   cells × 8 directions.
4. The square root of each count is taken, so that a large plain wall does not outvote all that is
   in front of it, and each block of numbers is scaled to a length of its own. Three more numbers
   tell how bright the picture is.

References
----------
Dalal, N. & Triggs, B. (2005). Histograms of oriented gradients for human detection. CVPR, 886-893.

Lazebnik, S., Schmid, C. & Ponce, J. (2006). Beyond bags of features: spatial pyramid matching for
recognizing natural scene categories. CVPR, 2169-2178.

Van de Sande, K., Gevers, T. & Snoek, C. (2010). Evaluating color descriptors for object and scene
recognition. IEEE Trans. Pattern Anal. Mach. Intell. 32(9), 1582-1596.

Arandjelović, R. & Zisserman, A. (2012). Three things everyone should know to improve object
retrieval. CVPR, 2911-2918. (The square root.)
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from marcelle_nb.image import resize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.image import RGB

Floats: TypeAlias = "NDArray[np.float32]"

VERSION = "handmade-2"
"""Changes whenever the numbers do: no training may mix instances of two versions."""

SIDE = 64
"""Pixels a side that the filters see; 48 and 96 measure the same, fewer are faster."""

SAMPLED_SIDE = 1024
"""Of a picture twice as large only every second pixel is read, and so on: as good, and faster."""

GRAYS = 5
HUES = 8
CHROMA_RINGS = (0.0, 0.12, 0.35, 0.9)
"""Centres of the bins from gray (no hue) to vivid, in standard deviations of lightness."""

LIGHTNESS_RANGE = 1.5
"""Standard deviations from the mean to the darkest and the lightest of the grays."""

COLOUR_GRIDS = (1, 3)
"""Cells a side; each grid is a block of length 1. With 2 × 2 cells too it measures the same."""

DIRECTIONS = 8
EDGE_GRID = 3
LIGHTNESS_EDGES, COLOUR_EDGES = 0.8, 0.4
"""Lengths of the edges' blocks, one for each plane. Coarser edges beside these measure the same."""

BRIGHTNESS = 0.3
"""Little, since clouds change it; but it alone tells a covered camera from a white wall."""

GREY_WORLD = 0.5
"""How much of the mean colour is the light's, not the things': at 1, a red card would be gray."""

NOISE = 0.02
"""Added to the contrast (lightness from 0 to 1), so that noise in the dark is not blown up."""

FLOOR = 0.1
"""Added to a block's length, so that one with next to nothing in it, or noise, counts little."""

GAIN = 4.0
"""Lengthens the whole vector: no matter to a cosine, but a network learns faster from it."""

N_FEATURES = (
    sum(cells**2 for cells in COLOUR_GRIDS) * (GRAYS + (len(CHROMA_RINGS) - 1) * HUES)
    + 3 * EDGE_GRID**2 * DIRECTIONS
    + 3
)


def describe(image: RGB) -> Floats:
    """Describe a picture by its colours and edges.

    Parameters
    ----------
    image : uint8, shape (height, width, 3)
        RGB of any size; squeezed to a square.

    Returns
    -------
    float32, shape (N_FEATURES,)
        Finite; at least one number is not 0.
    """
    planes, brightness = _opponent_planes(image)
    blocks = _colour_blocks(planes) + _edge_blocks(planes)
    blocks.append(np.float32(BRIGHTNESS) * np.sqrt(_soft_bins(2 * brightness, 3).ravel()))
    return np.float32(GAIN) * np.concatenate(blocks)


def _opponent_planes(image: RGB) -> tuple[Floats, Floats]:
    """Give lightness, red against green and yellow against blue; and the mean brightness."""
    height, width, _ = image.shape
    sampled = image[:: max(1, height // SAMPLED_SIDE), :: max(1, width // SAMPLED_SIDE)]
    small = resize(sampled, SIDE, SIDE).astype(np.float32) / 255
    red, green, blue = small.transpose(2, 0, 1)
    planes = np.stack(
        [
            (red + green + blue) / 3,
            (red - green) / np.float32(2**0.5),
            (red + green - 2 * blue) / np.float32(6**0.5),
        ]
    )
    mean = planes.mean(axis=(1, 2), keepdims=True)
    contrast = planes[0].std() + np.float32(NOISE)
    share = np.array([1, GREY_WORLD, GREY_WORLD], dtype=np.float32)
    return (planes - share[:, None, None] * mean) / contrast, mean[0].ravel()


def _colour_blocks(planes: Floats) -> list[Floats]:
    """Count colours in each grid's cells: near gray by lightness, others by hue and chroma."""
    lightness, red_green, yellow_blue = planes
    gray = (np.clip(lightness / LIGHTNESS_RANGE, -1, 1) + 1) * np.float32((GRAYS - 1) / 2)
    chroma = np.interp(np.hypot(red_green, yellow_blue), CHROMA_RINGS, range(len(CHROMA_RINGS)))
    rings = _soft_bins(chroma.astype(np.float32), len(CHROMA_RINGS))
    hues = _directions(yellow_blue, red_green, HUES)
    vivid = (rings[1:, None] * hues).reshape(-1, SIDE, SIDE)
    votes = np.concatenate([rings[0] * _soft_bins(gray, GRAYS), vivid])
    blocks = []
    for cells in COLOUR_GRIDS:
        root = np.sqrt(_pool(votes, cells))
        # What is left says which colours have more than their share, so that the cosine of unlike
        # pictures is near 0 and not near 1.
        blocks.append(_scaled(root - root.mean(axis=0), 1))
    return blocks


def _edge_blocks(planes: Floats) -> list[Floats]:
    """Count the directions of the gradients of each plane, by the root of their strength."""
    down: Floats = np.gradient(planes, axis=1)
    right: Floats = np.gradient(planes, axis=2)
    votes = np.sqrt(np.hypot(down, right)) * _directions(down, right, DIRECTIONS)
    roots = np.sqrt(_pool(votes, EDGE_GRID)).swapaxes(0, 1)
    weights = (LIGHTNESS_EDGES, COLOUR_EDGES, COLOUR_EDGES)
    return [
        _scaled(root - root.mean(), weight) for root, weight in zip(roots, weights, strict=True)
    ]


def _directions(down: Floats, right: Floats, n: int) -> Floats:
    """Share each pixel between the two nearest of `n` directions of a circle, shape (n, …)."""
    position = np.arctan2(down, right) * np.float32(n / (2 * np.pi)) % n
    bins = _soft_bins(position, n + 1)
    bins[0] += bins[n]
    return bins[:n]


def _soft_bins(position: Floats, n: int) -> Floats:
    """Share each position between the two nearest of the bins 0 to n - 1, shape (n, …)."""
    centres = np.arange(n, dtype=np.float32).reshape(-1, *[1] * position.ndim)
    shares: Floats = np.maximum(1 - np.abs(position - centres), 0)
    return shares


def _pool(votes: Floats, cells: int) -> Floats:
    """Average over `cells` × `cells` overlapping cells: (…, side, side) to (…, cells, cells)."""
    windows = _windows(votes.shape[-1], cells)
    pooled: Floats = np.matmul(np.matmul(windows, votes), windows.T)
    return pooled


@cache
def _windows(side: int, cells: int) -> Floats:
    """Give the cells' triangular windows along a side; each reaches into its neighbours."""
    pixel = (np.arange(side) + 0.5) / side
    centre = (np.arange(cells) + 0.5) / cells
    heights = np.maximum(1 - 0.75 * cells * np.abs(pixel - centre[:, None]), 0)
    windows = np.asarray(heights / heights.sum(axis=1, keepdims=True), dtype=np.float32)
    windows.flags.writeable = False
    return windows


def _scaled(block: Floats, length: float) -> Floats:
    """Flatten a block and give it a length."""
    flat = block.ravel()
    return flat * np.float32(length / (np.linalg.norm(flat) + FLOOR))
