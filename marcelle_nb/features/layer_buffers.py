"""The memory that one convolution needs for one picture, used again for every picture.

New memory would cost more time than the numbers: the system clears each page when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.features.convolution import Convolution

    Floats = NDArray[np.float32]


class LayerBuffers:
    """Run one convolution on pictures of one size.

    Parameters
    ----------
    layer : Convolution
        What is done.
    side : int
        Width and height of the pictures.
    scratch : float32, shape (at least `LayerBuffers.scratch_size(layer, side)`,)
        Memory that layers share, since they run one after another.

    Attributes
    ----------
    picture : float32, shape (side, side, inputs)
        Where the picture is put; the zeros around it stay.

    Notes
    -----
    Thread: one at a time.

    References
    ----------
    Chellapilla, K., Puri, S. & Simard, P. (2006). High performance convolutional neural networks
    for document processing. IWFHR: all that the filters see is laid out as rows of one matrix.
    """

    def __init__(self, layer: Convolution, side: int, scratch: Floats) -> None:
        places = layer.places(side)
        before, after = layer.padding(side)
        padded = np.zeros((side + before + after,) * 2 + (layer.inputs,), dtype=np.float32)
        self.picture: Floats = padded[before : before + side, before : before + side]
        down, along, channel = padded.strides
        # The pixels that a filter sees in a line lie in one piece.
        self._seen: NDArray[Any] = as_strided(
            padded,
            (places, places, layer.size, layer.size * layer.inputs),
            (down * layer.stride, along * layer.stride, down, channel),
            writeable=False,
        )
        self._rows = scratch[: places * places * layer.n_rows].reshape(self._seen.shape)
        self._result = np.empty((places, places, layer.outputs), dtype=np.float32)
        self._matrix = self._rows.reshape(-1, layer.n_rows)
        self._product = self._result.reshape(-1, layer.outputs)

    @staticmethod
    def scratch_size(layer: Convolution, side: int) -> int:
        """Give how many numbers a layer lays out at once."""
        return layer.places(side) ** 2 * layer.n_rows

    def run(
        self, weights: Floats, bias: Floats, added: Floats | None = None, out: Floats | None = None
    ) -> Floats:
        """Filter what is in `picture`.

        Parameters
        ----------
        weights : float32, shape (size * size * inputs, outputs)
        bias : float32, shape (outputs,)
        added : float32, shape of the result, optional
        out : float32, shape of the result, optional
            Where the result is put, as the `picture` of the next layer; by default into memory that
            the next run overwrites.

        Returns
        -------
        float32, shape (places, places, outputs)
        """
        np.copyto(self._rows, self._seen)
        np.matmul(self._matrix, weights, out=self._product)
        self._product += bias
        if added is not None:
            self._result += added
        return np.maximum(self._result, 0, out=self._result if out is None else out)
