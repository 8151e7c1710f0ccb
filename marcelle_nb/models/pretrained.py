"""The pretrained models by the names that `marcelle-nb fetch` knows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from marcelle_nb.models.coco_ssd_files import BASES, coco_ssd_files
from marcelle_nb.models.mobilenet_files import mobilenet_files
from marcelle_nb.models.mobilenet_layers import ALPHAS, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.formats.pretrained_files import PretrainedFiles


def pretrained_models() -> dict[str, Callable[[], PretrainedFiles]]:
    """Give for each name a function that tells where its weights come from."""
    found: dict[str, Callable[[], PretrainedFiles]] = {"mobilenet": mobilenet_files}
    for source in ("keras", "tfjs"):
        for version in VERSIONS:
            for alpha in ALPHAS if version == 1 else ALPHAS[1:]:
                tail = "" if source == "keras" else "-tfjs"
                found[f"mobilenet-v{version}-{alpha}{tail}"] = partial(
                    mobilenet_files, version, alpha, source
                )
    found["coco-ssd"] = coco_ssd_files
    found |= {f"coco-ssd-{base}": partial(coco_ssd_files, base) for base in BASES}
    return found


def pretrained_files(name: str) -> PretrainedFiles:
    """Tell where the weights of a model come from.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    known = pretrained_models()
    if name not in known:
        raise ValueError(f"name: expected one of {', '.join(known)}, got {name!r:.80}")
    return known[name]()


def has_weights(name: str) -> bool:
    """Say whether this machine has the weights of a pretrained model, so that it needs no network.

    Parameters
    ----------
    name : str
        As `marcelle-nb fetch` takes it: `"mobilenet"`, `"mobilenet-v2-0.5"`, `"coco-ssd"`, …

    Raises
    ------
    ValueError
        If there is no such model.

    Notes
    -----
    Thread: any. The files are read, to see that they are whole.
    """
    return pretrained_files(name).find() is not None
