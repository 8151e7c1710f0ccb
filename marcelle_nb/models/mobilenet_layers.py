"""The layers of MobileNet with weights, and the shapes of these, without building the network.

The same as `keras.applications.MobileNet` and `MobileNetV2` at 224 × 224 pixels; a test compares.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, TypeGuard

from marcelle_nb.kinds import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    Shapes = dict[str, tuple[int, ...]]
    Layers = dict[str, Shapes]

N_CLASSES = 1000

VERSIONS = (1, 2)
ALPHAS = (0.25, 0.5, 0.75, 1.0)
"""How wide the layers are; the first is one of version 1 alone."""

_V1_BLOCKS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
"""The filters of each block."""

_V2_BLOCKS = (16, *[24] * 2, *[32] * 3, *[64] * 4, *[96] * 3, *[160] * 3, 320)


def check_kind(version: object, alpha: object) -> tuple[int, float]:
    """Check which MobileNet is meant.

    Raises
    ------
    ValueError, TypeError
        If there is none such.
    """
    if not _is_one_of(version, VERSIONS):
        raise ValueError(f"version: expected 1 or 2, got {version!r:.80}")
    alphas = ALPHAS if version == 1 else ALPHAS[1:]
    if not _is_one_of(alpha, alphas):
        raise ValueError(
            f"alpha: expected one of {', '.join(map(str, alphas))} for version {version}, got "
            f"{alpha!r:.80}"
        )
    return int(version), float(alpha)


def _is_one_of(value: object, numbers: tuple[float, ...]) -> TypeGuard[float]:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and value in numbers


def check_source(source: object) -> str:
    """Check whose weights are meant.

    Raises
    ------
    ValueError, TypeError
        If it is none of the two.
    """
    return str(Choice(("keras", "tfjs")).check("source", source))


def layers_of(version: int, alpha: float) -> Layers:
    """Give the shapes of the weights by layer and name, in the order of Keras.

    Parameters
    ----------
    version : {1, 2}
    alpha : float
    """
    return dict(_layers_of_1(alpha) if version == 1 else _layers_of_2(alpha))


def n_features_of(version: int, alpha: float) -> int:
    """Give how many numbers the pooled layer has."""
    return 1280 if version == 2 else int(1024 * alpha)


def n_weights(layers: Layers) -> int:
    """Give how many numbers all layers have together."""
    total = 0
    for shapes in layers.values():
        for shape in shapes.values():
            size = 1
            for side in shape:
                size *= side
            total += size
    return total


def _layers_of_1(alpha: float) -> Iterator[tuple[str, Shapes]]:
    channels = int(32 * alpha)
    yield "conv1", {"kernel": (3, 3, 3, channels)}
    yield "conv1_bn", _norm(channels)
    for number, filters in enumerate(_V1_BLOCKS, start=1):
        wide = int(filters * alpha)
        yield f"conv_dw_{number}", {"kernel": (3, 3, channels, 1)}
        yield f"conv_dw_{number}_bn", _norm(channels)
        yield f"conv_pw_{number}", {"kernel": (1, 1, channels, wide)}
        yield f"conv_pw_{number}_bn", _norm(wide)
        channels = wide
    yield "conv_preds", {"kernel": (1, 1, channels, N_CLASSES), "bias": (N_CLASSES,)}


def _layers_of_2(alpha: float) -> Iterator[tuple[str, Shapes]]:
    channels = _by_eight(32 * alpha)
    yield "Conv1", {"kernel": (3, 3, 3, channels)}
    yield "bn_Conv1", _norm(channels)
    for number, filters in enumerate(_V2_BLOCKS):
        prefix = f"block_{number}" if number else "expanded_conv"
        inner = 6 * channels if number else channels
        if number:
            yield f"{prefix}_expand", {"kernel": (1, 1, channels, inner)}
            yield f"{prefix}_expand_BN", _norm(inner)
        yield f"{prefix}_depthwise", {"kernel": (3, 3, inner, 1)}
        yield f"{prefix}_depthwise_BN", _norm(inner)
        wide = _by_eight(filters * alpha)
        yield f"{prefix}_project", {"kernel": (1, 1, inner, wide)}
        yield f"{prefix}_project_BN", _norm(wide)
        channels = wide
    yield "Conv_1", {"kernel": (1, 1, channels, 1280)}
    yield "Conv_1_bn", _norm(1280)
    yield "predictions", {"kernel": (1280, N_CLASSES), "bias": (N_CLASSES,)}


def _norm(channels: int) -> Shapes:
    return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (channels,))


def _by_eight(value: float) -> int:
    """Round to a multiple of eight, never down by more than a tenth."""
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded
