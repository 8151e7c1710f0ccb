"""Small files behind a TensorFlow Lite model, in a zip archive that no interpreter looks at."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format can say: the same model makes the same file every time."""


def with_files(data: bytes, files: Mapping[str, bytes]) -> bytes:
    """Put files behind a model, as the associated files of TensorFlow Lite Metadata are.

    Parameters
    ----------
    data : bytes
        A model file with nothing behind it.
    files : mapping of str to bytes
        By name; with none, the model comes back as it is.
    """
    if not files:
        return data
    whole = io.BytesIO(data)
    with zipfile.ZipFile(whole, "a") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)
    return whole.getvalue()
