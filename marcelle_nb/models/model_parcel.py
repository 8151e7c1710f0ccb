"""The files of a model as one file, which a browser takes without a question."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATE = (1980, 1, 1, 0, 0, 0)
"""Of all files: the same model makes the same bytes."""


def model_parcel(files: Mapping[str, bytes], name: str) -> tuple[str, bytes]:
    """Give a model's only file, or a zip of its files, which every upload takes, too.

    Parameters
    ----------
    files : mapping of str to bytes
        At least one.
    name : str
        Of the zip, without an ending.

    Returns
    -------
    tuple of str and bytes
        Name and content.
    """
    if len(files) == 1:
        ((only, data),) = files.items()
        return only.rpartition("/")[2], data
    return f"{name}.zip", zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Put files into an archive, in their order, quickly: weights hardly become smaller."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file, data in files.items():
            info = zipfile.ZipInfo(file, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data, compresslevel=1)
    return packed.getvalue()
