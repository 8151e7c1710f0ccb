"""Texts of users in figures."""

from __future__ import annotations

from marcelle_nb.components.whole_text import whole_text


def plain(text: str, most: int = 1_000) -> str:
    """Keep text from being read as a formula, and from line breaks; shorten what is long.

    What the fonts' library refuses, halves of surrogate pairs, becomes �.
    """
    text = " ".join(whole_text(text).split())
    return (text if len(text) <= most else text[: most - 1] + "…").replace("$", r"\$")
