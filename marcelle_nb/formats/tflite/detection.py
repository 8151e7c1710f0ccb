"""The operator with which detectors end, built into the interpreters under a custom name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.tflite.flex_map import read_flex_map
from marcelle_nb.formats.tflite.shape_rules import whole
from marcelle_nb.formats.tflite.sized import UNKNOWN, Sized
from marcelle_nb.formats.tflite.unfit import Unfit

if TYPE_CHECKING:
    from marcelle_nb.formats.tflite.model_structure import Operator

NAME = "TFLite_Detection_PostProcess"

MAX_BOXES = 100_000
"""For which memory is taken; a detector asks for 10 to 100."""

MAX_COMPARED = 1_000_000_000
"""Pairs of boxes in the worst case; 1,917 boxes and 90 classes make 17 million."""

_WHOLE = {
    "max_detections": (1, MAX_BOXES),
    "max_classes_per_detection": (1, 1_000),
    "detections_per_class": (1, MAX_BOXES),
    "num_classes": (1, 100_000),
}
_REAL = ("nms_score_threshold", "nms_iou_threshold", "y_scale", "x_scale", "h_scale", "w_scale")


def is_detection(operator: Operator) -> bool:
    """Tell whether this is the operator with which detectors end."""
    return operator.name == "CUSTOM" and operator.custom == NAME


def options_of(operator: Operator) -> dict[str, Any]:
    """Read the options and check what native code would take memory or time for.

    Raises
    ------
    Unfit
        If one is missing or out of bounds.
    ModelFormatError
        If they cannot be read.
    """
    options = read_flex_map(bytes(operator.options.get("custom_options", b"")), NAME)
    for name, (low, high) in _WHOLE.items():
        value = options.get(name, 100 if name == "detections_per_class" else None)
        if value is None or value != int(value) or not low <= value <= high:
            raise Unfit(f"{name}: expected {low} to {high:,}, got {value}")
    for name in _REAL:
        value = options.get(name)
        if value is None or not math.isfinite(value) or (name.endswith("_scale") and value == 0):
            raise Unfit(f"{name}: expected a number, got {value}")
    return options


def boxes(operator: Operator, given: list[Sized]) -> list[Sized]:
    """Give the shapes of boxes, classes, scores and their number.

    Raises
    ------
    Unfit
        If boxes, scores and anchors do not belong together, which native code does not see, or the
        boxes would be compared too often.
    """
    if not is_detection(operator):
        return [UNKNOWN] * len(operator.outputs)
    options = options_of(operator)
    count, classes = _counted(options, [size.shape for size in given])
    per_class = options.get("detections_per_class", 100)
    times = (per_class * classes) if options.get("use_regular_nms") else options["max_detections"]
    if count * times > MAX_COMPARED:
        raise Unfit(f"expected at most {MAX_COMPARED:,} boxes compared, got {count * times:,}")
    made = int(options["max_detections"] * options["max_classes_per_detection"])
    if made > MAX_BOXES:
        raise Unfit(f"expected at most {MAX_BOXES:,} boxes, got {made:,}")
    return [whole((1, made, 4)), whole((1, made)), whole((1, made)), whole((1,))]


def _counted(options: dict[str, Any], shapes: list[Any]) -> tuple[int, int]:
    """Give the number of boxes and of classes."""
    if None in shapes:
        raise Unfit(f"expected boxes, scores and anchors of known shapes, got {shapes}")
    (boxed, scored, anchors), classes = shapes, options["num_classes"]
    if len(boxed) != 3 or boxed[0] != 1 or boxed[1] < 1 or boxed[2] < 4:
        raise Unfit(f"expected boxes of four numbers, got {boxed}")
    if anchors != (boxed[1], 4):
        raise Unfit(f"expected an anchor for each of {boxed[1]} boxes, got {anchors}")
    if scored[:2] != boxed[:2] or len(scored) != 3 or scored[2] - classes not in {0, 1}:
        raise Unfit(f"expected scores of {classes} classes, got {scored}")
    return boxed[1], int(classes)


def check_types(types: list[str]) -> None:
    """Check the types of boxes, scores and anchors.

    Raises
    ------
    Unfit
        If they are others than native code takes them for.
    """
    if (
        types[0] not in {"float32", "uint8"}
        or types[2:] != types[:1]
        or types[1]
        not in {
            "float32",
            "uint8",
        }
    ):
        raise Unfit(f"expected boxes and anchors alike, of float32 or uint8, got {types}")
