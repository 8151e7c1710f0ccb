"""How a picture becomes the input of a model that somebody else made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from marcelle_nb.image import as_rgb
from marcelle_nb.models.bilinear import resize_bilinear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marcelle_nb.formats.tensor_spec import TensorSpec

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""What each channel adds to brightness (ITU-R BT.601), for models that take gray pictures."""


@dataclass(frozen=True)
class ImageTreatment:
    """Crop, resize, scale, and put into the model's layout, in this order.

    Attributes
    ----------
    height, width : int or None
        None keeps a picture's own.
    channels : int
        1 or 3.
    channels_first : bool
        Whether the model wants (channels, height, width).
    batched : bool
        Whether the input has an axis for several pictures, in front.
    dtype : str
        A whole-number type gets rounded numbers.
    input_range : tuple of float
        What 0 and 255 become.
    crop : str or None
        `"center"`: cut off the sides, or above and below, until the shape is the model's.
    """

    height: int | None
    width: int | None
    channels: int
    channels_first: bool
    batched: bool
    dtype: str
    input_range: tuple[float, float]
    crop: str | None

    @classmethod
    def of(
        cls,
        spec: TensorSpec,
        *,
        input_range: tuple[float, float] = (0, 255),
        crop: str | None = None,
        image_size: tuple[int, int] | None = None,
    ) -> ImageTreatment:
        """Read from an input's shape what it wants.

        Parameters
        ----------
        spec : TensorSpec
        input_range, crop
            See the attributes.
        image_size : tuple of int, optional
            Height and width where the shape leaves them free.

        Raises
        ------
        ValueError
            If the input takes no pictures.
        """
        shape = (None, None, None, 3) if spec.shape is None else spec.shape
        batched = len(shape) == 4
        sizes = shape[1:] if batched else shape
        first = len(sizes) == 3 and sizes[0] in (1, 3) and sizes[2] not in (1, 3)
        height, width, channels = (*(sizes[1:] + sizes[:1] if first else sizes), None, None, None)[
            :3
        ]
        if len(sizes) != 3 or channels not in (1, 3, None) or spec.dtype in ("string", "bool"):
            raise ValueError(
                "input: expected ? × height × width × 3 for input_type='image', got "
                f"{spec}; input_type='generic' takes arrays"
            )
        if image_size is not None:
            height, width = height or image_size[0], width or image_size[1]
        return cls(height, width, channels or 3, first, batched, spec.dtype, input_range, crop)

    def __call__(self, image: Any) -> NDArray[Any]:
        """Treat one picture.

        Parameters
        ----------
        image : what `marcelle_nb.image.as_rgb` takes

        Returns
        -------
        array, shape (height, width, channels) or (channels, height, width)

        Raises
        ------
        ImageRejected
            If it is no image.
        """
        pixels = as_rgb(image)
        height, width = self.height or pixels.shape[0], self.width or pixels.shape[1]
        if self.crop == "center":
            pixels = _cropped(pixels, width / height)
        values = resize_bilinear(pixels, height, width)
        if self.channels == 1:
            values = (values @ LUMA)[:, :, None]
        low, high = self.input_range
        if (low, high) != (0, 255):
            values = values * np.float32((high - low) / 255) + np.float32(low)
        if self.channels_first:
            values = values.transpose(2, 0, 1)
        if np.dtype(self.dtype).kind in "iu":
            values = np.rint(values)
        return values.astype(self.dtype)

    @property
    def metadata(self) -> dict[str, Any]:
        """The same in the words of a file's metadata; `crop` is None where nothing is cut off."""
        size = (
            {}
            if self.height is None or self.width is None
            else {"image_size": (self.height, self.width)}
        )
        return {"input_range": self.input_range, "crop": self.crop, **size}

    def __str__(self) -> str:
        size = " × ".join("its own" if n is None else str(n) for n in (self.width, self.height))
        low, high = self.input_range
        crop = "middle cut out, " if self.crop else ""
        gray = "gray, " if self.channels == 1 else ""
        return f"{crop}resized to {size}, {gray}numbers from {low:g} to {high:g}"


def _cropped(pixels: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """Cut out the largest middle part with this ratio of width to height."""
    height, width = pixels.shape[:2]
    part_width = max(1, min(width, round(height * aspect)))
    part_height = max(1, min(height, round(width / aspect)))
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return pixels[top : top + part_height, left : left + part_width]
