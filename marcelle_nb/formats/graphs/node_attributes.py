"""Attributes of nodes, read so that none comes into being.

To look at one that is absent adds it, and TensorFlow refuses what has one that says nothing.
"""

from __future__ import annotations

from typing import Any


def flag_of(node: Any, name: str) -> bool:
    """Give an attribute that is true or false; false where it is absent."""
    return name in node.attr and bool(node.attr[name].b)


def has_last_channels(node: Any) -> bool:
    """Tell whether a node's images have their channels last, as by default."""
    return "data_format" not in node.attr or node.attr["data_format"].s in (b"", b"NHWC")
