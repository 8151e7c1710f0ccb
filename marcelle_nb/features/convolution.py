"""One convolution of a small network, without its weights."""

from __future__ import annotations

from typing import NamedTuple


class Convolution(NamedTuple):
    """What a layer does: filters, a bias, and all that is negative becomes 0.

    Its picture is padded by zeros so that `stride` divides it into steps, as TensorFlow's "same".
    """

    inputs: int
    """Channels that come in."""
    outputs: int
    """Channels that go out."""
    size: int
    """Width and height of the filters in pixels, odd."""
    stride: int
    """Pixels from one place of a filter to the next."""
    adds: int | None
    """The layer whose result is added to this one's before what is negative becomes 0."""

    @property
    def n_rows(self) -> int:
        """How many numbers one filter multiplies."""
        return self.size * self.size * self.inputs

    def places(self, n: int) -> int:
        """Give how many places a filter takes along a line of `n` pixels."""
        return -(-n // self.stride)

    def padding(self, n: int) -> tuple[int, int]:
        """Give how many zeros stand before and after a line of `n` pixels."""
        total = max((self.places(n) - 1) * self.stride + self.size - n, 0)
        return total // 2, total - total // 2
