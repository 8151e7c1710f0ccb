"""MobileNet: what is in a picture, and numbers that describe it, to learn from a few examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.classifier_results import ClassifierResults
from marcelle_nb.models.feature_vector import FeatureVector
from marcelle_nb.models.imagenet_labels import imagenet_labels
from marcelle_nb.models.mobilenet_files import mobilenet_files
from marcelle_nb.models.mobilenet_layers import check_kind, check_source, n_features_of
from marcelle_nb.models.mobilenet_network import N_ANSWERS, MobileNetNetwork
from marcelle_nb.models.pretrained_model import PretrainedModel
from marcelle_nb.models.web_features import remember_network

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from marcelle_nb.formats.model_files import ModelFiles
    from marcelle_nb.models.web_model import WebModel


class MobileNet(PretrainedModel):
    """Tells which of a thousand things is in a picture, and describes it by numbers to learn from.

    It is made at once and loads in the background; `predict` and `process` wait for it. The first
    time it fetches its weights, 2 to 17 MB; later it takes them from the cache, without a network.

    Parameters
    ----------
    version : {1, 2}
    alpha : {0.25, 0.5, 0.75, 1.0}
        How wide its layers are; a narrow one is quicker and knows less. Version 2 has no 0.25.
    source : {"keras", "tfjs"}
        Whose weights: those of Keras Applications, or those that TensorFlow.js and so Marcelle use.
        They are two networks: what is learned from the features of one is nothing for the other.
    url : str or path, optional
        Where your own copy lies: a file, https, or http with `sha256`.
    sha256 : str, or mapping of str to str, optional
        The checksum of the file; of TensorFlow.js's, one over `model.json` and its shards, or one
        for each by name. Without it that of the first download is remembered, and held to; what
        the network was prepared to is then taken from the same cache, with it only from your own.

    Attributes
    ----------
    loading : Stream of bool
        Held. Whether weights are being fetched or opened.
    progress : Stream of float or None
        Held. The share of the download that is done.
    version, alpha, source
        As given; they cannot be set.

    Raises
    ------
    ValueError, TypeError
        If there is no such MobileNet.

    Notes
    -----
    Thread: any.

    TensorFlow Lite runs it, several times quicker than `keras.predict`. The first time that takes
    some seconds to prepare; the cache keeps what was prepared.

    References
    ----------
    Howard, A. G. et al. (2017). MobileNets: Efficient convolutional neural networks for mobile
    vision applications. arXiv:1704.04861.

    Sandler, M. et al. (2018). MobileNetV2: Inverted residuals and linear bottlenecks.
    arXiv:1801.04381.
    """

    title = "MobileNet"

    def __init__(
        self,
        version: int = 1,
        alpha: float = 1.0,
        *,
        source: str = "keras",
        url: str | os.PathLike[str] | None = None,
        sha256: str | Mapping[str, str] | None = None,
    ) -> None:
        kind = check_kind(version, alpha)
        files = mobilenet_files(*kind, source, url=url, sha256=sha256)
        super().__init__(files)
        self._version, self._alpha = kind
        self._source = check_source(source)
        self._start_loading()

    def predict(self, image: Any) -> ClassifierResults:
        """Tell what is in a picture.

        Parameters
        ----------
        image : uint8, shape (height, width, 3), or what `marcelle_nb.image.as_rgb` takes
            Of any size; one that is not square is squeezed.

        Returns
        -------
        ClassifierResults
            The five likeliest of the thousand classes of ImageNet, the likeliest first.

        Raises
        ------
        ImageRejected
            If it is no image.
        DownloadRefused
            If the weights are neither in the cache nor could be fetched.
        """
        return _top(self._network.probabilities(image))

    def predict_many(self, images: Iterable[Any]) -> list[ClassifierResults]:
        """Tell what is in each of several pictures, in order; see `predict`."""
        network = self._network
        return [_top(network.probabilities(image)) for image in images]

    def process(self, image: Any) -> FeatureVector:
        """Describe a picture by the numbers that the network's pooled layer holds.

        Parameters
        ----------
        image : what `predict` takes

        Returns
        -------
        FeatureVector
            float32, shape (n_features,); its `version` tells this network and its weights, so that
            no training mixes it with others.

        Raises
        ------
        ImageRejected
            If it is no image.
        DownloadRefused
            If the weights are neither in the cache nor could be fetched.
        """
        network = self._network
        return FeatureVector(network.features(image), self._version_of(network))

    def process_many(self, images: Iterable[Any]) -> NDArray[np.float32]:
        """Describe pictures.

        Parameters
        ----------
        images : iterable of images
            An array of shape (n, height, width, 3) is one such.

        Returns
        -------
        float32, shape (n, n_features)
            A plain array, one row a picture; row i equals `process(images[i])`.

        Raises
        ------
        ImageRejected, DownloadRefused
            As `process`.
        """
        network = self._network
        rows = [network.features(image) for image in images]
        return np.stack(rows) if rows else np.empty((0, self.n_features), np.float32)

    @property
    def version(self) -> int:
        """Which MobileNet it is."""
        return self._version

    @property
    def alpha(self) -> float:
        """How wide its layers are."""
        return self._alpha

    @property
    def source(self) -> str:
        """Whose weights it has."""
        return self._source

    @property
    def n_features(self) -> int:
        """How many numbers describe a picture."""
        return n_features_of(self.version, self.alpha)

    @property
    def features_version(self) -> str:
        """What the features are called, as `"mobilenet-v1-1.0-5f3a9c01"`; waits for the weights."""
        return self._version_of(self._network)

    @property
    def labels(self) -> list[str]:
        """The names of the thousand classes."""
        return list(imagenet_labels())

    @property
    def _network(self) -> MobileNetNetwork:
        network: MobileNetNetwork = self._loaded()
        return network

    def _version_of(self, network: MobileNetNetwork) -> str:
        return f"{self._files.name}-{network.digits}"

    def _open(self, files: ModelFiles) -> MobileNetNetwork:
        network = MobileNetNetwork(
            self.version,
            self.alpha,
            self.source,
            files,
            is_pinned=self._files.sha256 is not None,
        )
        remember_network(self._version_of(network), network, MobileNetNetwork.web_features)
        return network

    def _web_model(self) -> WebModel:
        return self._network.web_classes()

    def _summary(self) -> list[tuple[str, object]]:
        kind: list[tuple[str, object]] = [("version", self.version), ("alpha", self.alpha)]
        return [*kind, ("source", self.source), *super()._summary()]


def _top(probabilities: NDArray[np.float32]) -> ClassifierResults:
    names = imagenet_labels()
    order = np.argsort(-probabilities, kind="stable")[:N_ANSWERS]
    confidences: dict[str, float] = {}
    for index in order:
        confidences.setdefault(names[index], float(probabilities[index]))
    return ClassifierResults(names[order[0]], confidences)
