"""A file of which a part has come, with what tells whether the rest still belongs to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class PartialFile:
    """What has come of a file until now.

    Attributes
    ----------
    path : Path
        Where it lies. The note about it lies beside it.

    Notes
    -----
    Who writes it holds a lock.
    """

    path: Path

    @property
    def size(self) -> int:
        """Bytes that have come."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def version(self) -> str | None:
        """The version that the server told; None where it told none that can be compared."""
        told = self._told().get("version")
        return told if isinstance(told, str) else None

    @property
    def validators(self) -> dict[str, str]:
        """What else the server told of the version, by header: to be compared, not sent back."""
        told = self._told().get("validators")
        pairs = told.items() if isinstance(told, dict) else ()
        return {name: value for name, value in pairs if isinstance(value, str)}

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, as the server told them."""
        told = self._told().get("total")
        return told if isinstance(told, int) and told >= 0 else None

    def begin(
        self,
        version: str | None,
        total: int | None,
        validators: Mapping[str, str] | None = None,
    ) -> None:
        """Start anew, with another version."""
        self.path.write_bytes(b"")  # first: an old part must not get a new version
        told = {"version": version, "total": total, "validators": dict(validators or {})}
        self._note.write_text(json.dumps(told), encoding="utf-8")

    def remove(self) -> None:
        """Forget what has come."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.path.with_suffix(".json")

    def _told(self) -> Mapping[str, object]:
        try:
            # what is no plain file may be waited for without an end
            told = json.loads(self._note.read_bytes()) if self._note.is_file() else {}
        except (OSError, ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}
