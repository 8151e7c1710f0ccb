"""Image features that need no download: a picture becomes a vector to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.features.feature_file import read_features
from marcelle_nb.features.shipped_features import shipped_features
from marcelle_nb.image import as_rgb
from marcelle_nb.models import pyramid_histograms
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.web_features import remember_extractor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from marcelle_nb.features.extractor import Extractor
    from marcelle_nb.image import RGB

LEARNED = "learned"
HANDMADE = "handmade"


class ImageFeatures:
    """Turn pictures into vectors that a classifier learns from.

    Pictures that look alike give vectors that point in like directions, so that a few examples of
    each class are enough. Nothing is downloaded: what is needed comes with the package.

    Parameters
    ----------
    kind : {"learned", "handmade"}
        `"learned"`: a small network that has learned from a large one which photos are alike; it
        knows something of what things are, and little of where in the picture they stand. Its model
        card, `MODEL_CARD.md` in `marcelle_nb/features/`, says what it learned from, what it was
        measured to do, and what it cannot.

        `"handmade"`: histograms of colours and of edge directions in the cells of coarse grids; how
        and why is told in `marcelle_nb.models.pyramid_histograms`. They know where in the picture
        something is, and left from right, but not what things are: two cats of different colours
        are as unlike as a cat and a dog.
    file : str or Path, optional
        Learned features of one's own, as `marcelle-nb features train` writes them; by default those
        of the package.

    Raises
    ------
    ValueError
        If the kind is another, or the hand-made features are asked to come from a file.
    ModelFormatError
        If the file holds no features, or is damaged.
    OSError
        If the file cannot be read.

    Notes
    -----
    Thread: any. The learned features keep 4 MB for each thread that is at work at once. Cost of a
    picture: a few milliseconds; see the model card. Neither kind imports TensorFlow. Features of
    one version are equal. Pickled, those of the package are a few bytes, and of the version that is
    installed where they are read; those of a file carry its weights.

    Examples
    --------
    >>> features = ImageFeatures()
    >>> features.process(np.zeros((480, 640, 3), dtype=np.uint8)).shape
    (256,)
    >>> ImageFeatures(kind="handmade")
    ImageFeatures(kind='handmade', version='handmade-2', n_features=509)
    """

    def __init__(self, kind: str = LEARNED, *, file: str | Path | None = None) -> None:
        if kind not in (LEARNED, HANDMADE):  # whatever it is, hashable or not
            raise ValueError(
                f"kind: expected {LEARNED!r} or {HANDMADE!r}, got {kind!r:.80} "
                "(features of a file: image_features(file=...))"
            )
        if kind == HANDMADE and file is not None:
            raise ValueError(f"file: expected none for {HANDMADE!r} features, got {file!r}")
        own = None if file is None else read_features(Path(file))
        self._take(kind, file, None if kind == HANDMADE else own or shipped_features())

    def _take(self, kind: str, file: str | Path | None, extractor: Extractor | None) -> None:
        self._kind, self._file, self._extractor = kind, file, extractor
        if extractor is not None:
            remember_extractor(extractor)

    @property
    def kind(self) -> str:
        """How the features are made."""
        return self._kind

    @property
    def file(self) -> str | Path | None:
        """Where learned features come from that are not the package's own."""
        return self._file

    @property
    def version(self) -> str:
        """Name and number of the method; one version always gives the same numbers."""
        return pyramid_histograms.VERSION if self._extractor is None else self._extractor.version

    @property
    def n_features(self) -> int:
        """How many numbers describe a picture."""
        if self._extractor is None:
            return pyramid_histograms.N_FEATURES
        return self._extractor.n_features

    def process(self, image: Any) -> FeatureVector:
        """Describe one picture.

        Parameters
        ----------
        image : uint8, shape (height, width, 3), or what `marcelle_nb.image.as_rgb` takes
            RGB, gray or RGBA array, or `PIL.Image.Image`, of any size. A picture that is not square
            is squeezed, not cropped: nothing of it is lost, and it measures better.

        Returns
        -------
        FeatureVector
            float32, shape (n_features,), finite, never all zero; its `version` is that of these
            features.

        Raises
        ------
        ImageRejected
            If it is no image.
        """
        return FeatureVector(self._describe(as_rgb(image)), self.version)

    def process_many(self, images: Iterable[Any]) -> NDArray[np.float32]:
        """Describe pictures.

        Parameters
        ----------
        images : iterable of images
            Each of them what `process` takes; an array of shape (n, height, width, 3) is one such.

        Returns
        -------
        float32, shape (n, n_features)
            A plain array, one row a picture; row i equals `process(images[i])`.

        Raises
        ------
        ImageRejected
            If one of them is no image.
        """
        rows = [self._describe(as_rgb(image)) for image in images]
        return np.stack(rows) if rows else np.empty((0, self.n_features), dtype=np.float32)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageFeatures) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.file is None:
            return ImageFeatures, (self.kind,)
        return _of_file, (str(self.file), self._extractor)

    def _describe(self, image: RGB) -> NDArray[np.float32]:
        if self._extractor is None:
            return pyramid_histograms.describe(image)
        return self._extractor.describe(image)

    def __repr__(self) -> str:
        values = f"kind={self.kind!r}, version={self.version!r}, n_features={self.n_features}"
        return f"ImageFeatures({values})"


def _of_file(file: str, extractor: Extractor) -> ImageFeatures:
    """Make features again that were pickled or copied; the file need not be there."""
    features = ImageFeatures.__new__(ImageFeatures)
    features._take(LEARNED, file, extractor)
    return features
