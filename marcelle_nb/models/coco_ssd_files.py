"""Where the files of `coco_ssd` come from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.pretrained_files import PretrainedFiles
from marcelle_nb.kinds import Choice
from marcelle_nb.models.detector_check import check_detector, check_published_detector

if TYPE_CHECKING:
    from collections.abc import Mapping

_ADDRESS = "https://storage.googleapis.com/tfjs-models/savedmodel/{}/model.json"

_PUBLISHED = {
    "lite_mobilenet_v2": ("ssdlite_mobilenet_v2", 20_000_000),
    "mobilenet_v1": ("ssd_mobilenet_v1", 29_000_000),
    "mobilenet_v2": ("ssd_mobilenet_v2", 70_000_000),
}
"""The folder of each, and the most that its files may take together: 18.6, 27.7 and 67.7 MB."""

BASES = tuple(_PUBLISHED)

OWN_MAX_BYTES = 500_000_000
"""Of files at an address that the user gave, or of a copy of a published network."""


def coco_ssd_files(
    base: str = "lite_mobilenet_v2",
    *,
    url: str | os.PathLike[str] | None = None,
    sha256: str | Mapping[str, str] | None = None,
) -> PretrainedFiles:
    """Say what is fetched, and what is checked before it is taken.

    Parameters
    ----------
    base : {"lite_mobilenet_v2", "mobilenet_v1", "mobilenet_v2"}
    url : str or path, optional
        Of the `model.json` of another network for the package coco-ssd, in place of that of `base`.
    sha256 : str or mapping of str to str, optional
        A checksum that pins the files; see `marcelle_nb.load`.

    Returns
    -------
    PretrainedFiles

    Raises
    ------
    ValueError
        If there is no such base.
    """
    folder, max_bytes = _PUBLISHED[Choice(BASES).check("base", base)]
    name = f"coco-ssd-{base}"
    command = "coco-ssd" if base == BASES[0] else name
    options: dict[str, Any] = {"sha256": sha256, "command": command}
    options["copy_max_bytes"] = OWN_MAX_BYTES
    if url is None:
        address = _ADDRESS.format(folder)
        return PretrainedFiles(name, address, max_bytes, check_published_detector, **options)
    return PretrainedFiles(
        name, os.fspath(url), OWN_MAX_BYTES, check_detector, is_own_address=True, **options
    )
