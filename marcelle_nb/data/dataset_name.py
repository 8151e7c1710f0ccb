"""Names of datasets, and of the services that keep them, as Marcelle's clients know them."""

from __future__ import annotations

import re

from marcelle_nb.data.json_values import checked_text
from marcelle_nb.errors import BadRequest

MAX_NAME = 180

MAX_WRITTEN = 190
"""As a store writes a name: with a hyphen where a capital follows a small letter, and in small
letters, of which "İ" has two. The name of the service has a prefix too, and at most 200 characters.
"""

_PREFIX = "instances-"

# as JavaScript's \s, which is not Python's
_SPACES = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff_]+")
_CAMEL = re.compile("([a-z])([A-Z])")


def checked_name(name: object) -> str:
    """Check the name of a dataset; `ValueError` says what is wrong with it."""
    if not isinstance(name, str) or not name:
        raise ValueError(f"name: expected a text that is not empty, got {name!r:.100}")
    if len(name) > MAX_NAME:
        raise ValueError(f"name: expected at most {MAX_NAME} characters, got {len(name)}")
    try:
        checked_text(name, "name")
    except BadRequest as error:
        raise ValueError(str(error)) from None
    written = service_name(name).removeprefix(_PREFIX)
    if len(written) > MAX_WRITTEN:
        raise ValueError(
            f"name: expected at most {MAX_WRITTEN} characters as a store writes it,"
            f" {written!a:.40}…, got {len(written)}"
        )
    return str(name)


def service_name(name: str, prefix: str = _PREFIX) -> str:
    """Name the service of a dataset; datasets whose names differ little may share one.

    With another prefix it is the service of something else that has a name, spelled as Marcelle
    does.
    """
    return _SPACES.sub("-", _CAMEL.sub(r"\1-\2", prefix + name)).lower()
