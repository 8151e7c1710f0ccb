"""A button to click or to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.press import Press
from marcelle_nb.kinds import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.message import Message
    from marcelle_nb.stream import Stream


class Button(Component):
    """A button.

    Parameters
    ----------
    text : str
        What it says.

    Attributes
    ----------
    click : Stream
        An event, with the value None, for each click, whether by mouse, finger or keyboard.
    pressed : Stream of bool
        Held: True while it is held down. A release counts wherever the pointer is then.
    text : Stream of str
        What it says now.
    disabled : Stream of bool
        Set it to True and it takes no clicks.
    """

    view = "button"

    def __init__(self, text: str = "click me") -> None:
        super().__init__()
        self.click: Stream[None] = self._stream()
        self.pressed: Stream[bool] = self._stream(False)
        self.text: Stream[str] = self._stream(Text(max_length=200).check("text", text))
        self.disabled: Stream[bool] = self._stream(False)
        self._press = Press(self.pressed)
        # nobody can release a button that no page shows, or that takes no clicks
        self.shown.subscribe(lambda shown: None if shown else self._press.release())
        self.disabled.subscribe(lambda disabled: self._press.release() if disabled else None)

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {"text": self.text, "disabled": self.disabled, "pressed": self.pressed}

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {**self._press.handlers, "press": self._on_press, "click": self._on_click}

    def _on_press(self, message: Message) -> None:
        if not self.disabled.value:
            self._press.handlers["press"](message)

    def _on_click(self, _: Message) -> None:
        if not self.disabled.value:
            self.click.set(None)

    def _summary(self) -> list[tuple[str, object]]:
        return [("text", self.text.value), ("pressed", self.pressed.value)]
