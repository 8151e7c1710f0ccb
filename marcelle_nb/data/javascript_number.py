"""Numbers as text, as JavaScript writes them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_PADDED = re.compile(r"e([+-])0+")


def javascript_number(number: float | np.floating[Any]) -> str:
    """Write a finite number as JavaScript's `String` does: 1.0 as "1", 1e-7 as "1e-7".

    Parameters
    ----------
    number : float
        Of Python or NumPy; each type is written with as many digits as tell its values apart.
    """
    text = str(number)
    if not number:
        return "0"
    if not 1e-6 <= abs(float(number)) < 1e21:
        text = _PADDED.sub(r"e\1", text)
        return text.replace(".0e", "e")
    plain = f"{Decimal(text):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
