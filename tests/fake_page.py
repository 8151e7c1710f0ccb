"""Plays the browser for one widget: keeps what the kernel sends, and delivers messages to it."""

import json
from typing import Any
from unittest.mock import patch

from comm.base_comm import BaseComm

from marcelle_nb.component import Component
from marcelle_nb.widget import ComponentWidget
from tests.eventually import eventually


class RecordingComm(BaseComm):
    """A comm without a kernel that keeps its messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[tuple[str, dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        # as jupyter_client writes it: no NaN, nothing that JSON cannot say
        plain = json.loads(json.dumps(data or {}, allow_nan=False, ensure_ascii=False).encode())
        self.sent.append((msg_type, plain, [bytes(b) for b in buffers or ()]))


class FakePage:
    """One page with one view of a component."""

    def __init__(self, component: Component, *, second: bool = False) -> None:
        with patch("ipywidgets.comm.create_comm", RecordingComm):
            self.widget: Any = ComponentWidget.of(component) if second else component.widget
        self.control = self.widget._control

    # What the kernel sent

    @property
    def sent(self) -> list[tuple[str, dict[str, Any], list[bytes]]]:
        comm: Any = self._comm
        return list(comm.sent)

    @property
    def _comm(self) -> Any:
        if self.widget.comm is not None:
            self._last_comm = self.widget.comm  # a closed widget has none, its messages stay
        return self._last_comm

    @property
    def state(self) -> dict[str, Any]:
        """The traits, as the page knows them."""
        state: dict[str, Any] = {}
        for _, data, _ in self.sent:
            state |= data.get("state", {})
        return state

    def updates(self, name: str) -> list[Any]:
        """The values of one trait that were sent after the widget was opened, echoes left out."""
        return [
            data["state"][name]
            for _, data, _ in self.sent
            if data.get("method") == "update" and name in data["state"]
        ]

    def messages(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The custom messages, of one kind or of all."""
        contents = [data["content"] for _, data, _ in self.sent if data.get("method") == "custom"]
        return [content for content in contents if kind in (None, content["kind"])]

    def log(self) -> list[dict[str, Any]]:
        """The entries of the log, as a page puts them together."""
        known: list[dict[str, Any]] = []
        newest = 0
        for message in self.messages("log"):
            for number, entry in message["entries"]:
                if number > newest:
                    newest = number
                    known.append(entry)
        return known

    def answer(self, kind: str) -> dict[str, Any]:
        """Wait for a message of a kind and give the newest."""
        return eventually(lambda: self.messages(kind))[-1]

    # What the page sends

    def send(self, *buffers: bytes, **content: Any) -> None:
        self.deliver(content, *buffers)

    def deliver(self, content: Any, *buffers: bytes) -> None:
        """Send any content, also one that is no message."""
        data = {"method": "custom", "content": content}
        views = [memoryview(buffer) for buffer in buffers]
        self.widget._handle_msg({"content": {"data": data}, "buffers": views})

    def write(self, **state: Any) -> None:
        """Write traits."""
        data = {"method": "update", "state": json.loads(json.dumps(state)), "buffer_paths": []}
        self.widget._handle_msg({"content": {"data": data}, "buffers": []})

    def urgent(self, **content: Any) -> list[dict[str, Any]]:
        """Send a message to the control and give all that it ever answered."""
        assert self.control is not None
        data = {"method": "custom", "content": content}
        self.control._handle_msg({"content": {"data": data}, "buffers": []})
        comm: Any = self.control.comm
        return [data["content"] for _, data, _ in comm.sent if data.get("method") == "custom"]
