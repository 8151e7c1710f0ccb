"""The thousand classes of ImageNet.

Their names are WordNet's, in the order and spelling of `@tensorflow-models/mobilenet` 2.1.1
(Google, Apache License 2.0), so that Marcelle gives the same ones.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def imagenet_labels() -> tuple[str, ...]:
    """Give the names in the order of the classes. One is there twice: a crane is a bird, too."""
    text = resources.files(__package__).joinpath("imagenet_labels.txt").read_text("utf-8")
    return tuple(text.splitlines())
