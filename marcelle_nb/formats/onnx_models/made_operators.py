"""Operations of TensorFlow that tf2onnx does not know, made of several that ONNX has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def _erfc(ctx: Any, node: Any) -> Any:
    one = _constant(ctx, node, 1)
    return ctx.make_node("Sub", [one, ctx.make_node("Erf", node.input).output[0]])


def _expm1(ctx: Any, node: Any) -> Any:
    one = _constant(ctx, node, 1)
    return ctx.make_node("Sub", [ctx.make_node("Exp", node.input).output[0], one])


def _bucketize(ctx: Any, node: Any) -> Any:
    """Count the boundaries that a number is not below."""
    from onnx import TensorProto

    boundaries = np.array(node.get_attr_value("boundaries"), np.float32)
    last = ctx.make_const(f"{node.name}/last", np.array([-1])).output[0]
    limits = ctx.make_const(f"{node.name}/boundaries", boundaries).output[0]
    numbers = ctx.make_node("Cast", node.input, attr={"to": TensorProto.FLOAT}).output[0]
    column = ctx.make_node("Unsqueeze", [numbers, last]).output[0]
    above = ctx.make_node("GreaterOrEqual", [column, limits]).output[0]
    counted = ctx.make_node("Cast", [above], attr={"to": TensorProto.INT32}).output[0]
    return ctx.make_node("ReduceSum", [counted, last], attr={"keepdims": 0})


def _constant(ctx: Any, node: Any, value: float) -> str:
    from tf2onnx.utils import map_onnx_to_numpy_type

    dtype = map_onnx_to_numpy_type(ctx.get_dtype(node.input[0]))
    name = f"{node.name}/constant"
    return str(ctx.make_const(name, np.array(value, dtype)).output[0])


_MADE = {"Bucketize": _bucketize, "Erfc": _erfc, "Expm1": _expm1}


def made_operators() -> dict[str, tuple[Callable[..., None], list[Any]]]:
    """Give what tf2onnx takes as `custom_op_handlers`, for ONNX operators of set 13 and later."""
    return {name: (_handler(make), []) for name, make in _MADE.items()}


def _handler(make: Callable[[Any, Any], Any]) -> Callable[..., None]:
    def handle(ctx: Any, node: Any, *_: Any) -> None:
        shape, dtype = ctx.get_shape(node.output[0]), ctx.get_dtype(node.output[0])
        made = make(ctx, node)
        ctx.remove_node(node.name)
        ctx.make_node(
            "Identity",
            made.output,
            outputs=node.output,
            shapes=[shape],
            dtypes=[dtype],
            name=node.name,
        )

    return handle
