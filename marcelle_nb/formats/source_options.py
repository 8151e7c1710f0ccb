"""Which part of a file is meant: options that only some formats have."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from marcelle_nb.formats.addresses import is_address
from marcelle_nb.formats.detect import FORMATS, checked_format, is_named

_OPTIONS = {
    "saved-model": {"tags", "signature"},
    "frozen-graph": {"input_nodes", "output_nodes"},
    "tflite": {"signature"},
}
"""What a reader takes beyond the file."""


def source_options(
    *, signature: str | None = None, **names: Iterable[str] | None
) -> dict[str, Any]:
    """Check options by themselves; give those that were given, names as a list.

    Parameters
    ----------
    signature : str, optional
    **names : sequence of str, optional
        `tags`, `input_nodes`, `output_nodes`; a text is one name.

    Raises
    ------
    TypeError
        If one is of another type.
    """
    if signature is not None and not isinstance(signature, str):
        raise TypeError(f"signature: expected text, got {signature!r:.80}")
    given = {key: _listed(key, value) for key, value in names.items() if value is not None}
    return given if signature is None else {"signature": signature, **given}


def _listed(option: str, given: Any) -> list[str]:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Iterable) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{option}: expected a list of names, got {given!r:.80}")
    return [*names]


def check_source_options(format: str, given: Mapping[str, Any]) -> None:
    """Refuse options that a format does not have.

    Raises
    ------
    ValueError
        If there is one, or one that says nothing; it is named.
    """
    if unused := sorted(set(given) - _OPTIONS.get(format, set())):
        raise ValueError(f"{', '.join(unused)}: expected with another format, got {format}")
    check_filled(given)


def check_filled(given: Mapping[str, Any]) -> None:
    """Refuse names that are none.

    Raises
    ------
    ValueError
        If a list is empty, or a name in it.
    """
    for option, names in given.items():
        if not names or not all(names):
            raise ValueError(f"{option}: expected at least one name, none empty, got {names!r:.80}")


def told_format(source: Any, format: str | None = None) -> str | None:
    """Tell a format before anything is fetched or opened, or None where only the files can.

    Parameters
    ----------
    source : object
        Of an address, the ending counts: it is fetched from another machine. What is on this one
        tells better by itself.
    format : str, optional
        The format that the user named.

    Raises
    ------
    ValueError
        If there is no such format.
    """
    if format is not None:
        return checked_format(format)
    if not is_address(source):
        return None
    try:
        name = urlsplit(os.fspath(source)).path
    except ValueError:  # whoever fetches it says what is wrong
        return None
    return next((known for known in FORMATS if is_named(name, known)), None)
