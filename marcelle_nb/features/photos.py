"""The photos of folders, found, read and shrunk."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from marcelle_nb.data.image_folder import SUFFIXES
from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import FORMATS, MAX_BYTES, MAX_PIXELS, decode, resize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.random import Generator

SHORT_SIDE = 256
"""Pixels that a photo is shrunk to: crops are not much larger than what the teacher sees."""

LONG_SIDE = 4 * SHORT_SIDE
"""Longer panoramas are squeezed, so that the photos in memory have some size."""

KEPT = 512
"""How many photos stay in memory."""

MOST_NAMES = 5
"""How many photos are named in a message."""


class Photos:
    """The photos in some folders, in one order on every machine.

    Parameters
    ----------
    sources : iterable of path
        Folders, searched with all that is in them but what is hidden, and photos.

    Raises
    ------
    ValueError
        If one of them is not there, or none holds a photo whose header can be read.

    Attributes
    ----------
    paths : tuple of Path
        The photos whose headers can be read.
    unreadable : list of Path
        The others; it grows when one of `paths` turns out to be damaged.
    digest : str
        Changes where names or sizes of the files of `paths` do.
    """

    def __init__(self, sources: Iterable[Path | str]) -> None:
        found = [path for source in sources for path in _found(Path(source))]
        if not found:
            kinds = ", ".join(sorted(SUFFIXES))
            raise ValueError(f"photos: expected files of {kinds} in the folders, got none")
        self.paths = tuple(path for path in found if _opens(path))
        readable = set(self.paths)
        self.unreadable = [path for path in found if path not in readable]
        if not self.paths:
            raise ValueError(
                "photos: expected pictures, got none that can be read among "
                f"{told_names(self.unreadable)}"
            )
        told = "\n".join(f"{path.name} {path.stat().st_size}" for path in self.paths)
        self.digest = hashlib.sha256(told.encode(errors="surrogateescape")).hexdigest()[:16]
        self._damaged: set[Path] = set()
        self._shrunk = lru_cache(KEPT)(_shrunk)

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def told(self) -> str:
        """How many photos there are, and which of them cannot be read, in one line."""
        total, bad = len(self.paths) + len(self.unreadable), len(self.unreadable)
        return f"{total:,} photos; {bad:,} of them cannot be read: {told_names(self.unreadable)}"

    def photo(self, index: int, rng: Generator) -> Image.Image:
        """Give the photo of an index, or another one by chance where it is damaged.

        Raises
        ------
        ImageRejected
            If a hundred in a row are damaged.
        """
        for _ in range(100):
            photo = self._read(self.paths[index])
            if photo is not None:
                return photo
            index = int(rng.integers(len(self.paths)))
        raise ImageRejected("photos: expected pictures, got a hundred that cannot be read")

    def _read(self, path: Path) -> Image.Image | None:
        if path not in self._damaged:
            try:
                return self._shrunk(path)
            except (ImageRejected, OSError):
                self._damaged.add(path)
                self.unreadable.append(path)
        return None


def told_names(paths: Sequence[Path]) -> str:
    """Name photos for a message of one line, a few of them where they are many."""
    names = ", ".join(repr(path.name) for path in paths[:MOST_NAMES])
    return names if len(paths) <= MOST_NAMES else f"{names} and {len(paths) - MOST_NAMES:,} more"


def _found(source: Path) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise ValueError(f"photos: expected a folder or a photo, got {str(source)!r}")
    found = (
        path
        for path in source.rglob("*")
        if path.suffix.lower() in SUFFIXES and not _is_hidden(path.relative_to(source))
    )
    # paths themselves compare without case on Windows, and the order decides which crops are made
    return sorted((path for path in found if path.is_file()), key=Path.as_posix)


def _is_hidden(path: Path) -> bool:
    """Say whether it is, or lies in, what systems keep beside photos, as `._photo.jpg`."""
    return any(part.startswith(".") for part in path.parts)


def _opens(path: Path) -> bool:
    """Say whether the header is one of a picture that `decode` takes."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return False
        with Image.open(path, formats=FORMATS) as picture:
            return 0 < picture.width * picture.height <= MAX_PIXELS
    except Exception:  # noqa: BLE001 - Pillow's decoders raise many types on damaged files
        return False


def _shrunk(path: Path) -> Image.Image:
    pixels = decode(path.read_bytes())
    scale = min(1, SHORT_SIDE / min(pixels.shape[:2]))
    if scale < 1 or max(pixels.shape) > LONG_SIDE:
        height, width = (min(round(size * scale), LONG_SIDE) for size in pixels.shape[:2])
        pixels = resize(pixels, width, height)
    return Image.fromarray(pixels)
