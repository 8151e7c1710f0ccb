"""What a page asks for and cannot have, where that is nobody's mistake in a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb.errors import AlreadyTraining, MessageRejected, StoreError, UnsupportedByModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.message import Message


def refusing(work: Callable[[Message], object]) -> Callable[[Message], object]:
    """Make what was to be expected a refusal, which shows without a traceback."""

    def handler(message: Message) -> None:
        try:
            work(message)
        except (StoreError, UnsupportedByModel, AlreadyTraining, OSError) as error:
            raise MessageRejected(str(error)) from error

    return handler
