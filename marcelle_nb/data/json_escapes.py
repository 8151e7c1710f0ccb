"""Half surrogate pairs in JSON files, which parsers replace by a question mark and say nothing."""

from __future__ import annotations

import re

from marcelle_nb.errors import DatasetFormatError

_LONGEST = 12  # bytes of an escaped pair

_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_WHOLE = re.compile(
    rb"(?:[^\\]+|\\[^u]|\\u(?![dD][89a-fA-F]).{4}"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+",
    re.DOTALL,
)
"""As much as there is without half of a pair, or the beginning of an escape at the end."""


class JSONEscapes:
    """Looks at a JSON file, piece by piece, whether there are lone surrogates in its texts."""

    def __init__(self) -> None:
        self._rest = b""

    def check(self, piece: bytes) -> None:
        """Look at the next piece, which is empty at the end.

        Raises
        ------
        DatasetFormatError
            If there is one; the text around it is shown.
        """
        if not self._rest and b"\\" not in piece:
            return
        text = self._rest + piece
        found = _WHOLE.match(text)
        end = found.end() if found else 0
        while end < len(text):
            if len(text) - end < _LONGEST and piece:  # it may go on in the next piece
                break
            if _HALF.match(text, end):
                around = text[max(0, end - 20) : end + 20].decode(errors="replace")
                raise DatasetFormatError(
                    f"dataset: expected text without lone surrogates, got {around!a} in it"
                )
            found = _WHOLE.match(text, end + 1)  # no escape of JSON, as its reader will say
            end = found.end() if found else len(text)
        self._rest = text[end:]
