"""Finds everyday objects in pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.image import as_rgb
from marcelle_nb.kinds import Float, Integer
from marcelle_nb.models.coco_network import CocoNetwork
from marcelle_nb.models.coco_ssd_files import coco_ssd_files
from marcelle_nb.models.pretrained_model import PretrainedModel
from marcelle_nb.parameter import parameter

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.models.object_detector_results import ObjectDetectorResults
    from marcelle_nb.models.web_model import WebModel


class CocoSSD(PretrainedModel):
    """Finds objects of 80 classes, such as people, cups and dogs; it cannot be trained.

    The constructor returns at once, and the network is read in the background: from the cache, or
    the first time from the web. `predict` waits for it.

    Parameters
    ----------
    base : {"lite_mobilenet_v2", "mobilenet_v1", "mobilenet_v2"}
        The network: the smallest (19 MB), an older one (27 MB), or the most exact (67 MB).
    url : str or path, optional
        Where the `model.json` of another network of this kind lies: a file, or an address.
    sha256 : str or mapping of str to str, optional
        A checksum that pins the network's files; see `marcelle_nb.load`.
    max_boxes : int, at least 1
        The most objects that are found in one picture.
    min_score : float in [0, 1]
        An object's confidence is higher than this. Of two boxes that overlap by this share or more,
        the surer one stays, too: the package in which the network was published does so.

    Attributes
    ----------
    base : str
        The name of the network; it cannot be set.
    loading : Stream of bool
        Held. Whether the network is being fetched or read.
    progress : Stream of float or None
        Held. The share that is fetched; None where that is not known.
    training : Stream of TrainingStatus
        Held. `loading`, then `loaded`, or `error`.

    Raises
    ------
    ValueError, TypeError
        If there is no such base, or a parameter is out of range.

    Notes
    -----
    Thread: any, for all methods.

    References
    ----------
    `@tensorflow-models/coco-ssd` 2.2.3, Apache-2.0, whose detections these are.

    Liu, W. et al. (2016). SSD: Single shot multibox detector. ECCV, 21–37.
    """

    title = "COCO-SSD Object Detection"
    max_boxes = parameter(Integer(min=1), 20)
    min_score = parameter(Float(min=0, max=1), 0.5)

    def __init__(
        self,
        base: str = "lite_mobilenet_v2",
        *,
        url: str | os.PathLike[str] | None = None,
        sha256: str | Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> None:
        files = coco_ssd_files(base, url=url, sha256=sha256)
        super().__init__(files, **parameters)
        self._base = base
        self._start_loading()

    @property
    def base(self) -> str:
        """The name of the network."""
        return self._base

    def _open(self, files: ModelFiles) -> CocoNetwork:
        return CocoNetwork.open(files)

    def _web_model(self) -> WebModel:
        network: CocoNetwork = self._loaded()
        return network.web_model(self.max_boxes, self.min_score)

    def predict(self, image: Any) -> ObjectDetectorResults:
        """Find objects in one picture.

        Parameters
        ----------
        image : what `marcelle_nb.image.as_rgb` takes

        Returns
        -------
        ObjectDetectorResults
            The surest first; boxes in pixels of the picture.

        Raises
        ------
        ImageRejected
            If it is no image.
        RuntimeError, ValueError, OSError
            If the network could not be loaded.

        Notes
        -----
        Thread: any. While the network is being loaded, it waits.
        """
        pixels = as_rgb(image)
        network: CocoNetwork = self._loaded()
        return network.detect(pixels, self.max_boxes, self.min_score)

    def predict_many(self, images: Iterable[Any]) -> list[ObjectDetectorResults]:
        """Find objects in several pictures, one after another: they may have any sizes.

        Parameters
        ----------
        images : iterable of what `predict` takes

        Returns
        -------
        list of ObjectDetectorResults
        """
        return [self.predict(image) for image in images]
