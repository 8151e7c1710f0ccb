"""How rows of data become what a Keras model takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.models.image_treatment import LUMA
from marcelle_nb.models.keras_shapes import fits, input_dtype, input_layout

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    Shape = tuple[int | None, ...]


class KerasInputs:
    """Puts vectors and images into the shape, type and range of a model's input.

    Parameters
    ----------
    model : keras.Model
    shape : tuple of int or None
        Of one input as the data have it.
    input_range : tuple of float
        What 0 and 255 of an image become.

    Attributes
    ----------
    layout : tuple of int or None
        The shape in which an input goes into the model.
    dtype : str
        The type of its numbers: whole ones where the model begins with an embedding.
    """

    def __init__(self, model: keras.Model, shape: Shape, input_range: tuple[float, float]) -> None:
        self._model = model
        self.shape = shape
        self.input_range = input_range
        self.layout = input_layout(model, shape)
        self.dtype = input_dtype(model)

    def __call__(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Scale images; give whole numbers to a model that takes those.

        Parameters
        ----------
        rows : float32, shape (n, n_features), or uint8, shape (n, height, width, 3)

        Returns
        -------
        array, shape (n, *layout)
        """
        if rows.dtype == np.uint8:
            low, high = self.input_range
            rows = rows.astype(np.float32)
            if (low, high) != (0, 255):
                rows = rows * np.float32((high - low) / 255) + np.float32(low)
        if not fits(self.layout, rows.shape[1:]):
            is_gray = rows.ndim == 4 and self.layout[-1] == 1
            rows = (rows @ LUMA)[..., None] if is_gray else rows.reshape(-1, *self.layout)
        return rows.astype(self.dtype, copy=False)

    def packed(self, rows: NDArray[Any]) -> Any:
        """Give the same as the model names it, where it takes a dictionary or a list of one."""
        structure = getattr(self._model, "_inputs_struct", None)
        inputs = self(rows)
        if not isinstance(structure, dict | list | tuple):
            return inputs
        import keras

        return keras.tree.pack_sequence_as(structure, [inputs])

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse inputs of another shape than those that the model learned from.

        Raises
        ------
        ValueError
            If they have another one.
        """
        layout = input_layout(self._model, shape)
        if not (fits(self.shape, shape) or fits(self.layout, layout)):
            raise ValueError(
                f"x: expected shape {self.shape}, got {shape}: make x as you made the x of the "
                "examples"
            )

    @property
    def treatment(self) -> dict[str, Any]:
        """How an image becomes an input; nothing where the model takes vectors."""
        if len(self.shape) != 3:
            return {}
        height, width = self.shape[:2]
        size = {} if height is None or width is None else {"image_size": (height, width)}
        return {"input_range": self.input_range, **size}
