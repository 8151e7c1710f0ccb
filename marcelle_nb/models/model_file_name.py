"""The names of a model's files, of texts that may be anything."""

from __future__ import annotations

import re

_SPACES, _CAMEL = re.compile(r"[\s_]+"), re.compile("([a-z])([A-Z])")
_REFUSED = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]'
)
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_LONGEST = 120


def model_file_name(title: str) -> str:
    """Write a title as Marcelle names files, without anything that a file system refuses."""
    name = _SPACES.sub("-", _CAMEL.sub(r"\1-\2", title)).lower()
    name = _REFUSED.sub("_", name).encode()[:_LONGEST].decode(errors="ignore").strip(". ")
    return f"_{name}" if not name or _DEVICE.match(name) or name.startswith("-") else name
