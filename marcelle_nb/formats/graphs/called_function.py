"""Which function a node calls."""

from __future__ import annotations

from typing import Any


def called_function(node: Any) -> str:
    """Give the name in a node's attribute `f`; empty where there is none."""
    return str(node.attr["f"].func.name) if "f" in node.attr else ""
