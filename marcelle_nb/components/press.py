"""The kernel's side of a button that can be held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.kinds import Integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.message import Message
    from marcelle_nb.stream import Stream


NUMBER = Integer(min=0, max=2**53 - 1)
"""What JavaScript can count with: after a larger number, no page could send one that is newer."""


class Press:
    """Turns a page's `press` and `release` messages into a stream of bool.

    Messages carry ever larger numbers: two that were sent one after the other may be handled in the
    other order, on kernels that make a thread for messages only while the first is under way, and a
    release must not be overtaken.

    Parameters
    ----------
    pressed : Stream of bool
        Set to True and False.
    """

    def __init__(self, pressed: Stream[bool]) -> None:
        self._pressed = pressed
        self._newest = -1

    @property
    def handlers(self) -> dict[str, Callable[[Message], object]]:
        """The messages it takes, for a component's `_handlers`."""
        return {
            "press": lambda message: self._update(message, pressed=True),
            "release": lambda message: self._update(message, pressed=False),
        }

    def _update(self, message: Message, *, pressed: bool) -> None:
        number = message.take("n", NUMBER)
        if number <= self._newest:
            return
        self._newest = number
        if pressed != self._pressed.value:
            self._pressed.set(pressed)

    def release(self) -> None:
        """End a press whose page has gone."""
        if self._pressed.value:
            self._pressed.set(False)
