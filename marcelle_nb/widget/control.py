"""A comm of its own for the one button that must work while a cell blocks the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from marcelle_nb.errors import MessageRejected
from marcelle_nb.message import Message

if TYPE_CHECKING:
    from marcelle_nb.component import Component


class Control(ipywidgets.Widget):  # type: ignore[misc]  # ipywidgets has no types
    """A model without a view, that only its own message handler ever writes to.

    ipykernel 7.4 hands a comm's messages to the shell that last published on it: a comm that was
    answered on a subshell stays there, also while a cell blocks the main shell, as long as no other
    thread publishes on it.
    """

    _model_name = traitlets.Unicode("WidgetModel").tag(sync=True)
    _model_module = traitlets.Unicode("@jupyter-widgets/base").tag(sync=True)

    def __init__(self, component: Component) -> None:
        self._component = component
        super().__init__()
        self.on_msg(self._receive)

    def _receive(self, _: object, content: Any, __: object) -> None:
        message = Message(content)
        try:
            if message.kind == "hello":
                self.send({"kind": "hello"})
                return
            handler = self._component._urgent().get(message.kind)
            if handler is None:
                raise MessageRejected(  # noqa: TRY301 - answered like what a handler rejects
                    f"message: expected hello or cancel, got {message.kind!r:.80}"
                )
            self.send(dict(handler(message)))
        except MessageRejected as error:
            self.send({"kind": "rejected", "reason": str(error)[:500]})
