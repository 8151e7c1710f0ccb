"""How the layers of a functional model are connected, said as Keras 3 says it."""

from __future__ import annotations

from typing import Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.layer_configs import RECURRENT

Config = dict[str, Any]

_TAKING_STATES = RECURRENT | {"RNN", "Bidirectional"}
_STATES = frozenset(("initial_state", "constants"))


class Graph:
    """The layers of one functional model, by the names that its file gives them.

    Parameters
    ----------
    what : str
        What messages call the model.
    models : dict of str to bool
        Each layer's name, and whether it is itself a model.
    layers : list of dict
        As the file holds them.

    Notes
    -----
    A layer that is called several times has one node for each call. Those of a model begin at 1 in
    TensorFlow.js and Keras 2, since its own graph has the first; Keras 3 counts them from 0, but
    among a model's outputs where the layer is a functional model.
    """

    def __init__(self, what: str, models: dict[str, bool], layers: list[Config]) -> None:
        self._what = what
        self._models = models
        self._sequential = {each["name"] for each in layers if each["class_name"] == "Sequential"}
        self._calls = {each["name"]: len(each.get("inbound_nodes") or []) for each in layers}
        if len(models) != len(layers):
            raise ModelFormatError(f"{what}: expected layers with different names")
        self._names: dict[str, str] = {}
        taken = {name for name in models if "/" not in name}
        for name in models:
            legal = name.replace("/", "_")
            while "/" in name and legal in taken:
                legal += "_"
            taken.add(legal)
            self._names[name] = legal

    def name_of(self, name: str) -> str:
        """Give the name that a layer has in Keras 3."""
        return self._names[name]

    def call(self, node: Any, class_name: str, name: str, *, tfjs: bool) -> Config:
        """Give the arguments of one call of a layer.

        Parameters
        ----------
        node : list
            `[layer, node, tensor, keywords]` for each tensor.
        class_name, name : str
            Of the layer that is called.
        tfjs : bool
            Whether TensorFlow.js tells what is computed; it minds no keyword but tensors.
        """
        node = [node] if node and isinstance(node[0], str) else node
        tensors = [self._tensor(each, name) for each in node]
        keywords = self._keywords(node[0][3], name) if len(node[0]) > 3 else {}
        if tfjs:
            keywords = {key: value for key, value in keywords.items() if _is_tensor(value)}
        elif class_name in _TAKING_STATES:  # Keras 2 writes null also of what is among the tensors
            keywords = {k: v for k, v in keywords.items() if v is not None or k not in _STATES}
        if class_name in _TAKING_STATES and len(tensors) > 1:
            return {"args": tensors[:1], "kwargs": {"initial_state": tensors[1:], **keywords}}
        return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": keywords}

    def ends(self, tensors: Any) -> Any:
        """Give the references to a model's inputs or outputs."""
        if isinstance(tensors, dict):
            return {key: self.ends(value) for key, value in tensors.items()}
        if not isinstance(tensors, list):
            raise ModelFormatError(
                f"{self._what}: expected inputs and outputs, got {tensors!r:.60}"
            )
        if not (tensors and isinstance(tensors[0], str)):
            ends = [self.ends(each) for each in tensors]
            # a list of one is one: so Keras 2 and TensorFlow.js take it
            return ends[0] if len(ends) == 1 else ends
        name, node, tensor = self._checked(tensors, "output")
        if self._models[name] and name not in self._sequential:
            node += 1
        return [self._names[name], node, tensor]

    def _tensor(self, reference: Any, of: str) -> Config:
        name, node, tensor = self._checked(reference, of)
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": [None],
                "dtype": "float32",
                "keras_history": [self._names[name], node, tensor],
            },
        }

    def _checked(self, reference: Any, of: str) -> tuple[str, int, int]:
        """Give layer, node from 0, and tensor."""
        name, node, tensor = reference[:3]
        if name not in self._models:
            raise ModelFormatError(
                f"{self._what}: layer {of!r:.80}: expected a layer of the model as its input, got "
                f"{name!r:.80}"
            )
        node -= self._models[name]
        if type(node) is not int or type(tensor) is not int:
            raise ModelFormatError(f"{self._what}: {of!r:.80}: expected numbers, got {reference}")
        if not 0 <= node < max(1, self._calls[name]) or tensor < 0:
            raise ModelFormatError(
                f"{self._what}: layer {of!r:.80}: expected one of the {self._calls[name]} calls of "
                f"{name!r:.80}, got {reference[1]}"
            )
        return name, node, tensor

    def _keywords(self, keywords: Any, of: str) -> Config:
        return {key: self._keyword(value, of) for key, value in (keywords or {}).items()}

    def _keyword(self, value: Any, of: str) -> Any:
        if not isinstance(value, list):
            return value
        if len(value) in {3, 4} and isinstance(value[0], str) and type(value[1]) is int:
            # Keras 2 marks plain values so
            return value[2] if value[0] == "_CONSTANT_VALUE" else self._tensor(value, of)
        return [self._keyword(each, of) for each in value]


def _is_tensor(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_tensor, value))
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"
