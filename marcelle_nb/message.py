"""One message between a component and its pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import MessageRejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.kinds import Kind


@dataclass(frozen=True)
class Message:
    """A JSON object with its binary buffers.

    Attributes
    ----------
    content : mapping
        Has a `kind`, a text.
    buffers : tuple of bytes
        What JSON cannot carry.
    """

    content: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()

    @property
    def kind(self) -> str:
        """What the message is about.

        Raises
        ------
        MessageRejected
            If it does not say.
        """
        kind = self.content.get("kind") if isinstance(self.content, dict) else None
        if not isinstance(kind, str):
            raise MessageRejected(f"message: expected a text as 'kind', got {kind!r:.80}")
        return kind

    def take(self, name: str, kind: Kind) -> Any:
        """Give a field, checked.

        Raises
        ------
        MessageRejected
            If it is missing or not of that kind.
        """
        try:
            return kind.check(name, self.content.get(name))
        except (TypeError, ValueError) as error:
            raise MessageRejected(f"message {self.kind!r:.80}: {error!s:.300}") from None

    def buffer(self) -> bytes:
        """Give the one buffer.

        Raises
        ------
        MessageRejected
            If there are none or several.
        """
        if len(self.buffers) != 1:
            raise MessageRejected(
                f"message {self.kind!r:.80}: expected one buffer, got {len(self.buffers)}"
            )
        return self.buffers[0]
