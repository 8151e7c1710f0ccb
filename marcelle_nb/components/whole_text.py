"""Texts that a page can take."""

from __future__ import annotations

import re
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")


def whole_text(text: str) -> str:
    """Put � for each half of a surrogate pair, which no page, file or figure can take."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def whole_texts(value: Any) -> Any:
    """Give what is to become JSON with `whole_text` of all its texts, keys too.

    Parameters
    ----------
    value
        Itself is given back where all its texts are whole.
    """
    return value if _is_whole(value) else _made_whole(value)


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or _HALF.search(value) is None
    if isinstance(value, dict):
        return all(map(_is_whole, value)) and all(map(_is_whole, value.values()))
    return not isinstance(value, list | tuple) or all(map(_is_whole, value))


def _made_whole(value: Any) -> Any:
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, dict):
        return {_made_whole(key): _made_whole(each) for key, each in value.items()}
    return [_made_whole(each) for each in value] if isinstance(value, list | tuple) else value
