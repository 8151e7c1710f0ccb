"""What makes the features of pictures, put before a model that learned from them, for web pages."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from marcelle_nb.features.feature_file import KIND
from marcelle_nb.features.shipped_features import shipped_features

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.features.extractor import Extractor
    from marcelle_nb.models.web_model import WebModel

    Network = TypeVar("Network")

_lock = threading.Lock()
_networks: WeakKeyDictionary[Any, tuple[str, Callable[[Any], WebModel]]] = WeakKeyDictionary()


def remember_network(
    version: str, network: Network, web_features: Callable[[Network], WebModel]
) -> None:
    """Let models be published that learn from the features of this version, while it is in use.

    Parameters
    ----------
    version : str
        Of the features that the network makes.
    network : object
        Told apart by its identity; not kept.
    web_features : callable
        Says the network for web pages; called when a model is published. It must not hold the
        network itself.
    """
    with _lock:
        _networks[network] = (version, web_features)


def remember_extractor(extractor: Extractor) -> None:
    """Do the same for learned features; those of the package need not be remembered."""
    remember_network(extractor.version, extractor, _of_extractor)


def with_features(model: WebModel) -> WebModel:
    """Put before a model the network whose features it takes, where this kernel has it.

    Else the page makes them itself, if they are the hand-made ones, or asks for the numbers.
    """
    version = model.about.get("input", {}).get("features")
    before = _before(version) if isinstance(version, str) else None
    return model if before is None else replace(model, before=before)


def _before(version: str) -> WebModel | None:
    with _lock:
        found = [
            (network, web_features)
            for network, (known, web_features) in _networks.items()
            if known == version
        ]
    if found:
        network, web_features = found[-1]  # the newest
        return web_features(network)
    if version.startswith(KIND) and shipped_features().version == version:
        return _of_extractor(shipped_features())
    return None


def _of_extractor(extractor: Extractor) -> WebModel:
    from marcelle_nb.models.web_extractor import web_extractor

    return web_extractor(extractor)
