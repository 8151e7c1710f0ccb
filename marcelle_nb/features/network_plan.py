"""What a small network is made of, without its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.features.convolution import Convolution

MOST_LAYERS = 64
MOST_CHANNELS = 1024
MOST_FEATURES = 512
MOST_NUMBERS = 2**24
"""Numbers in memory that one layer lays out, or that all results are together, 64 MB: the network
that ships lays out 0.3 million."""

MOST_SUMS = 2 * 10**9
"""Multiplications for one picture, about a tenth of a second: the network that ships does 0.1."""

SIDES = range(32, 257)
SIZES = (1, 3, 5, 7)
STRIDES = (1, 2, 4)


@dataclass(frozen=True)
class NetworkPlan:
    """Convolutions, the means of some of their results, and a matrix that makes the features.

    Parameters
    ----------
    side : int
        Width and height of the pictures, in pixels.
    layers : tuple of Convolution
        Each takes the result of the one before, the first an RGB picture.
    pooled : tuple of int
        The layers whose results' means over the picture are described, in order.
    n_features : int
        Numbers that describe a picture.

    Raises
    ------
    ModelFormatError
        If the numbers do not fit each other, or are too large.
    """

    side: int
    layers: tuple[Convolution, ...]
    pooled: tuple[int, ...]
    n_features: int

    def __post_init__(self) -> None:
        _demand(self.side in SIDES, f"side: expected 32 to 256, got {self.side!r}")
        _demand(
            0 < len(self.layers) <= MOST_LAYERS,
            f"layers: expected 1 to {MOST_LAYERS}, got {len(self.layers)}",
        )
        _demand(
            0 < self.n_features <= MOST_FEATURES,
            f"n_features: expected 1 to {MOST_FEATURES}, got {self.n_features!r}",
        )
        shapes = [(self.side, 3)]
        n_sums = n_results = 0
        for index, layer in enumerate(self.layers):
            _check(index, layer, shapes)
            places = layer.places(shapes[-1][0])
            n_sums += places**2 * layer.n_rows * layer.outputs
            n_results += places**2 * layer.outputs
            shapes.append((places, layer.outputs))
        _demand(n_sums <= MOST_SUMS, f"sums: expected at most {MOST_SUMS:,}, got {n_sums:,}")
        _demand(
            n_results <= MOST_NUMBERS,
            f"results: expected at most {MOST_NUMBERS:,} numbers, got {n_results:,}",
        )
        last = len(self.layers) - 1
        _demand(
            0 < len(self.pooled) <= 4
            and all(0 <= index <= last for index in self.pooled)
            and last in self.pooled,
            f"pooled: expected 1 to 4 layers, {last} among them, got {self.pooled!r:.80}",
        )

    @property
    def n_pooled(self) -> int:
        """How many means there are."""
        return sum(self.layers[index].outputs for index in self.pooled)

    @property
    def matrices(self) -> list[tuple[int, int]]:
        """The shapes of the weights: of each layer, and of the last matrix."""
        return [(layer.n_rows, layer.outputs) for layer in self.layers] + [
            (self.n_pooled, self.n_features)
        ]

    def document(self) -> dict[str, Any]:
        """Say it in JSON's types; `read` understands it."""
        return {
            "side": self.side,
            "layers": [list(layer) for layer in self.layers],
            "pooled": list(self.pooled),
            "n_features": self.n_features,
        }

    @classmethod
    def read(cls, document: Any) -> NetworkPlan:
        """Understand what `document` said.

        Raises
        ------
        ModelFormatError
            If it is anything else.
        """
        _demand(isinstance(document, dict), f"plan: expected an object, got {document!r:.80}")
        layers, pooled = document.get("layers"), document.get("pooled")
        _demand(isinstance(layers, list), f"layers: expected a list, got {layers!r:.80}")
        _demand(
            isinstance(pooled, list) and all(map(_is_number, pooled)),
            f"pooled: expected numbers of layers, got {pooled!r:.80}",
        )
        for name in ("side", "n_features"):
            value = document.get(name)
            _demand(_is_number(value), f"{name}: expected a whole number, got {value!r:.80}")
        for layer in layers:
            _demand(
                isinstance(layer, list)
                and len(layer) == len(Convolution._fields)
                and all(map(_is_number, layer[:-1]))
                and (layer[-1] is None or _is_number(layer[-1])),
                f"layer: expected {', '.join(Convolution._fields)}, got {layer!r:.80}",
            )
        return cls(
            document["side"],
            tuple(Convolution(*layer) for layer in layers),
            tuple(pooled),
            document["n_features"],
        )


def _check(index: int, layer: Convolution, shapes: list[tuple[int, int]]) -> None:
    """Check one layer; `shapes` are those of the picture and of each result before it."""
    side, channels = shapes[-1]
    here = f"layer {index}"
    _demand(
        layer.size in SIZES and layer.stride in STRIDES,
        f"{here}: expected a size of {SIZES} and a stride of {STRIDES}, "
        f"got {layer.size!r} and {layer.stride!r}",
    )
    _demand(
        0 < layer.outputs <= MOST_CHANNELS,
        f"{here}: expected 1 to {MOST_CHANNELS} outputs, got {layer.outputs!r}",
    )
    _demand(layer.inputs == channels, f"{here}: expected {channels} inputs, got {layer.inputs!r}")
    n_laid_out = layer.places(side) ** 2 * layer.n_rows
    _demand(
        n_laid_out <= MOST_NUMBERS,
        f"{here}: expected at most {MOST_NUMBERS:,} numbers laid out at once, got {n_laid_out:,}",
    )
    if layer.adds is not None:
        out = (layer.places(side), layer.outputs)
        _demand(
            0 <= layer.adds < index and shapes[layer.adds + 1] == out,
            f"{here}: expected to add an earlier result of its own shape, got {layer.adds!r}",
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _demand(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ModelFormatError(message)
