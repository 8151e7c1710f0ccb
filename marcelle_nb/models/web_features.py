"""What makes the features of pictures, put before a model that learned from them, for web pages."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from marcelle_nb.models.mobilenet_network import MobileNetNetwork
    from marcelle_nb.models.web_model import WebModel

_lock = threading.Lock()
_networks: WeakValueDictionary[str, MobileNetNetwork] = WeakValueDictionary()


def remember_network(version: str, network: MobileNetNetwork) -> None:
    """Let models be published that learn from the features of this version, while it is in use."""
    with _lock:
        _networks[version] = network


def with_features(model: WebModel) -> WebModel:
    """Put before a model the network whose features it takes, where this kernel has it.

    Else the page asks for the numbers.
    """
    version = model.about.get("input", {}).get("features")
    with _lock:
        network = _networks.get(version) if isinstance(version, str) else None
    return model if network is None else replace(model, before=network.web_features())
