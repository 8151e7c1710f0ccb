"""Whether every layer of a Keras model gets the mask in TensorFlow.js that it gets in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.keras_models.mask_rules import PASSING_IN_TFJS, USING
from marcelle_nb.formats.keras_models.tfjs_parts import unsayable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

    from marcelle_nb.formats.keras_models.call_graph import CallGraph
    from marcelle_nb.formats.keras_models.layer_call import LayerCall

Mask = object | None
"""What a mask is computed from; equal ones are equal."""

_PASSING = PASSING_IN_TFJS | {"Identity"}  # which is written as a linear Activation


def check_masks(graph: CallGraph, *, nested: bool) -> None:
    """Refuse a model in which TensorFlow.js would mask otherwise than Keras.

    TensorFlow.js joins masks differently where layers are merged, drops them at other layers, gives
    the mask that it met last to layers that have none, and fails inside nested models.

    Parameters
    ----------
    graph : CallGraph
    nested : bool
        Whether the model stands in another one.

    Raises
    ------
    ModelFormatError
        If so; it names the layer.
    """
    made = [call.layer for call in graph.topological if _makes(call.layer)]
    given = [call.layer for call in graph.topological if call.mask is not None]
    if not made and not given:
        return
    if nested:
        raise unsayable(_named((made or given)[0]), "no masks inside a nested model", "a mask")
    masks: dict[int, Mask] = {}
    met: dict[int, set[Mask]] = {}
    for call in graph.topological:
        tensors = call.inputs[: len(call.inputs) - call.states]
        own = [masks.get(id(tensor)) for tensor in tensors]
        # the masks that TensorFlow.js has surely met before it comes to this layer
        earlier = set().union(*(met.get(id(tensor), set()) for tensor in call.inputs))
        if call.inputs:
            _check_call(call, _mask_in_keras(call.mask), own, earlier)
        for tensor in call.outputs:
            met[id(tensor)] = earlier | {mask for mask in own if mask is not None}
        masks[id(call.outputs[0])] = _mask_in_tfjs(call, own)
    if len({mask for mask in masks.values() if mask is not None}) > 1:
        _check_single(graph, masks)


def _makes(layer: keras.layers.Layer) -> bool:
    name = type(layer).__name__
    return name == "Masking" or (name == "Embedding" and bool(layer.mask_zero))


def _check_call(call: LayerCall, kerass: Mask, own: Sequence[Mask], earlier: set[Mask]) -> None:
    from keras import Model
    from keras.layers import GlobalAveragePooling1D

    layer, what = call.layer, _named(call.layer)
    masked = kerass is not None or any(mask is not None for mask in own)
    if masked and (isinstance(layer, Model) or _is_refused(layer)):
        raise unsayable(what, "an input without mask", "a mask")
    if type(layer) is GlobalAveragePooling1D and kerass is not None:
        raise unsayable(what, "an average over all steps", "a mask")
    if type(layer).__name__ not in USING:
        return
    tfjss = own[0] if own[0] is not None else next(iter(earlier), None)
    if kerass is None or kerass != tfjss:
        raise unsayable(what, "the mask that TensorFlow.js met last", "another, or none")
    if call.states:
        raise unsayable(what, "no initial state beside a mask", "one")
    if getattr(getattr(layer, "forward_layer", layer), "zero_output_for_mask", False):
        raise unsayable(what, "masked steps that repeat the output before", "zeros")


def _check_single(graph: CallGraph, masks: dict[int, Mask]) -> None:
    """Refuse several masks where a layer without one would get whichever came last."""
    for call in graph.topological:
        if type(call.layer).__name__ in USING and masks.get(id(call.inputs[0])) is None:
            raise unsayable(_named(call.layer), "a mask of its own beside those of others", "none")


def _is_refused(layer: keras.layers.Layer) -> bool:
    inner = layer.layer if type(layer).__name__ == "TimeDistributed" else None
    return (
        type(layer).__name__ in {"ConvLSTM2D", "Softmax"}
        or type(getattr(layer, "forward_layer", None)).__name__ == "ConvLSTM2D"
        or (inner is not None and (type(inner).__name__ in USING or hasattr(inner, "layers")))
    )


def _mask_in_keras(tensor: Any) -> Mask:
    """Tell what a mask was computed from; what a user computed is like no other."""
    if tensor is None:
        return None
    operation, arguments = _computed(tensor)
    if operation == "NotEqual" and len(arguments) == 2:
        return ("nonzero", id(arguments[0]), float(arguments[1]))
    if operation == "Any" and arguments:
        operation, arguments = _computed(arguments[0])
        if operation == "NotEqual" and len(arguments) == 2:
            return ("any", id(arguments[0]), float(arguments[1]))
    return object()


def _computed(tensor: Any) -> tuple[str, Sequence[Any]]:
    """Give the operation that a tensor comes from, and what it was called with."""
    operation, number, _ = tensor._keras_history
    arguments = operation._inbound_nodes[number].arguments.args
    return type(operation).__name__, arguments


def _mask_in_tfjs(call: LayerCall, masks: Sequence[Mask]) -> Mask:
    """Give the mask of a call's first output."""
    from keras.src.layers.merging.base_merge import Merge

    layer = call.layer
    if _makes(layer):
        if type(layer).__name__ == "Masking":
            return ("any", id(call.inputs[0]), float(layer.mask_value))
        return ("nonzero", id(call.inputs[0]), 0.0)
    if all(mask is None for mask in masks):
        return None
    if isinstance(layer, Merge):
        return object()  # like no other, since Keras joins them differently
    if type(layer).__name__ not in _PASSING | USING - {"Softmax"}:
        return None
    return masks[0] if getattr(layer, "return_sequences", True) else None


def _named(layer: keras.layers.Layer) -> str:
    return f"layer {layer.name!r} ({type(layer).__name__})"
