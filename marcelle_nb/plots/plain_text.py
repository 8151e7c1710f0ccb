"""Texts of users in figures."""

from __future__ import annotations


def plain(text: str, most: int = 1_000) -> str:
    """Keep text from being read as a formula, and from line breaks; shorten what is long."""
    text = " ".join(text.split())
    return (text if len(text) <= most else text[: most - 1] + "…").replace("$", r"\$")
