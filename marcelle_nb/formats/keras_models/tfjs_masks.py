"""Which steps of a sequence TensorFlow.js skips, where Keras would skip others.

TensorFlow.js hands the mask that it met last to every layer that comes after, even to one on
another branch, or behind a layer that says nothing of masks (`executor.ts`, 4.22). Keras hands on
only what the layer's own input carries. Recurrent layers and Softmax then compute other numbers.
Here both are followed through a topology, and where they part, the layer is given the mask that
TensorFlow.js would give it.
"""

from __future__ import annotations

import copy
from typing import Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.keras_models.functional_view import MODELS, functional_view
from marcelle_nb.formats.keras_models.mask_rules import USING, Mask, keras_mask, tfjs_mask

Config = dict[str, Any]
Tensor = tuple[str, int, int]


def with_masks(model: Config) -> Config:
    """Give a model in which each layer gets the mask that TensorFlow.js gives it.

    Parameters
    ----------
    model : dict
        `class_name` and `config` of a model by TensorFlow.js, in its own form.

    Returns
    -------
    dict
        The same where Keras does as TensorFlow.js; else a functional model, in which layers of ours
        (`MaskOf`) hand masks over.

    Raises
    ------
    ModelFormatError
        If a layer within a nested model, or wrapped in TimeDistributed, would need another mask.
    """
    if not _has_masks(model):
        return model
    functional = functional_view(model)
    walk = _Walk(functional["config"], [], None)
    walk.run()
    return _connected(functional, walk) if walk.plan else model


class _Walk:
    """Follows masks through one functional model in the order of TensorFlow.js.

    Attributes
    ----------
    plan : dict
        The mask that TensorFlow.js gives to a call of a layer, where Keras would give another.
    anchors : dict
        A tensor that carries each mask in Keras.
    current : tuple or None
        The mask that TensorFlow.js has met last.
    """

    def __init__(self, config: Config, given: list[Mask], current: Mask) -> None:
        self.layers = {layer["name"]: layer for layer in config["layers"]}
        self.outputs = [self._reference(each) for each in _listed(config["output_layers"])]
        inputs = [self._reference(each)[:2] for each in _listed(config["input_layers"])]
        self.plan: dict[tuple[str, int], Mask] = {}
        self.anchors: dict[Mask, Tensor] = {}
        self.current = current
        self.masks: dict[tuple[str, int], tuple[Mask, Mask]] = {}
        self.given = dict(zip(inputs, given, strict=False))

    def run(self) -> list[Mask]:
        """Follow all; give the masks of the outputs in Keras."""
        for call in self._order():
            if call not in self.masks:
                self._call(*call)
        return [self._carried(each)[1] for each in self.outputs]

    def _reference(self, reference: Any) -> Tensor:
        name, node, tensor = reference[:3]
        if name not in self.layers:
            raise ModelFormatError(f"expected a layer of the model, got {name!r:.80}")
        return name, node - (self.layers[name]["class_name"] in MODELS), tensor

    def _inputs(self, name: str, node: int) -> list[Tensor]:
        nodes = self.layers[name].get("inbound_nodes") or []
        if not 0 <= node < max(1, len(nodes)):
            raise ModelFormatError(f"layer {name!r:.80}: expected one of its calls, got {node}")
        return [self._reference(each) for each in nodes[node]] if nodes else []

    def _order(self) -> list[tuple[str, int]]:
        """Sort the calls: depth first from each output, a layer's last input first."""
        done: dict[tuple[str, int], None] = {}
        for output in self.outputs:
            stack = [(output[:2], False)]
            while stack:
                call, ready = stack.pop()
                if call in done:
                    continue
                if ready:
                    done[call] = None
                    continue
                stack.append((call, True))
                if len(stack) > 100_000:
                    raise ModelFormatError(f"layer {call[0]!r:.80}: expected no circle of layers")
                stack += [(each[:2], False) for each in self._inputs(*call) if each[:2] not in done]
        return [*done]

    def _carried(self, tensor: Tensor) -> tuple[Mask, Mask]:
        ours, keras = self.masks.get(tensor[:2], (None, None))
        return ours, keras if tensor[2] == 0 else None  # states carry none in Keras

    def _call(self, name: str, node: int) -> None:
        layer = self.layers[name]
        kind = layer["class_name"]
        if kind == "InputLayer":
            self.masks[name, node] = None, self.given.get((name, node))
            return
        carried = [self._carried(each) for each in self._inputs(name, node)]
        ours, keras = [each[0] for each in carried], [each[1] for each in carried]
        if any(ours):
            self.current = ours[0]
        if kind in MODELS:
            result: tuple[Mask, Mask] = None, self._nested(layer, keras)
        else:
            self._use(layer, node, keras[0] if keras else None)
            result = tfjs_mask(layer, node, ours), keras_mask(layer, node, keras)
        self.masks[name, node] = result
        if result[1]:
            self.anchors.setdefault(result[1], (name, node, 0))

    def _use(self, layer: Config, node: int, implicit: Mask) -> None:
        kind = layer["class_name"]
        if self.current in (implicit, ("broken",)):
            return  # with a broken one, TensorFlow.js fails
        if kind in USING:
            self.plan[layer["name"], node] = self.current
        elif kind == "TimeDistributed" and self.current and _uses(layer["config"].get("layer")):
            raise ModelFormatError(
                f"layer {layer['name']!r:.80}: expected no mask around it, which TensorFlow.js and "
                "Keras apply to different steps; export the model as a GraphModel"
            )

    def _nested(self, layer: Config, given: list[Mask]) -> Mask:
        walk = _Walk(functional_view(layer)["config"], given, self.current)
        outputs = walk.run()
        if walk.plan:
            inner = min(walk.plan)[0]
            raise ModelFormatError(
                f"layer {inner!r:.80} in {layer['name']!r:.80}: expected no mask from outside, "
                "which TensorFlow.js and Keras apply to different layers; export the model as a "
                "GraphModel"
            )
        self.current = walk.current
        return outputs[0] if outputs else None


def _uses(layer: Any) -> bool:
    stack = [layer]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if value.get("class_name") in USING:
                return True
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return False


def _has_masks(model: Config) -> bool:
    stack: list[Any] = [model]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if value.get("class_name") == "Masking" or value.get("mask_zero"):
                return True
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return False


def _connected(model: Config, walk: _Walk) -> Config:
    """Add to the calls of the plan the masks that they need."""
    result = copy.deepcopy(model)
    config = result["config"]
    layers = {layer["name"]: layer for layer in config["layers"]}
    for (name, node), mask in walk.plan.items():
        source = walk.anchors.get(mask) if mask else walk._inputs(name, node)[0]
        if source is None:
            raise ModelFormatError(f"layer {name!r:.80}: expected a mask that Keras has too")
        made = f"{name}_mask_{node}".replace("/", "_")
        reference = [source[0], source[1] + (layers[source[0]]["class_name"] in MODELS), source[2]]
        config["layers"].append(
            {
                "class_name": "MaskOf",
                "name": made,
                "config": {"name": made, "ignored": mask is None},
                "inbound_nodes": [[[*reference, {}]]],
            }
        )
        first = layers[name]["inbound_nodes"][node][0]
        first[3:] = [{"mask": [made, 0, 0]}]
    return result


def _listed(references: Any) -> list[Any]:
    return [references] if references and isinstance(references[0], str) else references
