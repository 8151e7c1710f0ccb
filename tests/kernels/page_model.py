"""The page's side of one widget: what a widget manager in JupyterLab keeps and sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kernels.live_kernel import LiveKernel, Record


class PageModel:
    """Sends what a page sends to a widget, and reads what the widget sends to the page."""

    def __init__(self, kernel: LiveKernel, model_id: str) -> None:
        self._kernel = kernel
        self.model_id = model_id
        kernel.until(lambda: self._all, f"the comm {model_id} opens")
        self.opened: dict[str, Any] = self._all[0].content["data"]["state"]

    # Page to kernel

    def write(self, **state: Any) -> str:
        """Write traits, all in one message; gives its identifier."""
        return self.raw({"method": "update", "state": state, "buffer_paths": []})

    def send(self, content: Any, *buffers: bytes) -> str:
        """Send a custom message; gives its identifier."""
        return self.raw({"method": "custom", "content": content}, buffers)

    def deliver(self, content: Any, *buffers: bytes) -> None:
        """Send a custom message and wait until it is handled.

        Two that are sent at once may be handled on two threads, and change places.
        """
        message = self.send(content, *buffers)
        self._kernel.until(lambda: self._kernel.handled(message), f"{content} is handled")

    def raw(self, data: Any, buffers: Sequence[bytes] = ()) -> str:
        """Send data of any form; on the subshell of all widgets, where there is one."""
        content = {"comm_id": self.model_id, "data": data}
        return self._kernel.send("comm_msg", content, buffers, subshell=self._kernel.subshell)

    def hello(self, since: int = 0, view: str = "view-1") -> None:
        """Say what a view says when it is drawn."""
        self.send({"kind": "hello", "view": view, "since": since})

    # Kernel to page

    def answered(self, message: str) -> list[dict[str, Any]]:
        """Give the states of the echoes that answer a write; its page waits for one."""
        records = [record for record in self.messages if record.parent == message]
        data = [record.content["data"] for record in records]
        return [d["state"] for d in data if d["method"] == "echo_update"]

    @property
    def _all(self) -> list[Record]:
        return self._kernel.published(comm=self.model_id)

    @property
    def messages(self) -> list[Record]:
        """All messages after the first, which opens the comm."""
        return self._all[1:]

    @property
    def echoes(self) -> list[dict[str, Any]]:
        """The states of all echoes so far."""
        return self._states("echo_update")

    @property
    def updates(self) -> list[dict[str, Any]]:
        """The states of all updates so far."""
        return self._states("update")

    @property
    def state(self) -> dict[str, Any]:
        """What the page knows of the traits."""
        known = dict(self.opened)
        for record in self.messages:
            known |= record.content["data"].get("state", {})
        return known

    def _states(self, method: str) -> list[dict[str, Any]]:
        data = [record.content["data"] for record in self.messages]
        return [d["state"] for d in data if d["method"] == method]

    def customs(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Give the custom messages of a kind so far, those with these values."""
        data = [record.content["data"] for record in self.messages]
        contents = [d["content"] for d in data if d["method"] == "custom"]
        return [c for c in contents if c["kind"] == kind and fields.items() <= c.items()]

    def wait(self, kind: str, timeout_s: float = 20.0, **fields: Any) -> dict[str, Any]:
        """Wait for a custom message of a kind; gives the first."""
        expected = f"{kind} with {fields}, after {self.messages[-3:]}"
        return self._kernel.until(lambda: self.customs(kind, **fields), expected, timeout_s)[0]

    def knows(self, timeout_s: float = 20.0, **values: Any) -> None:
        """Wait until the page knows these values."""
        self._kernel.until(
            lambda: values.items() <= self.state.items(),
            f"{values}, got { {name: self.state.get(name) for name in values} }",
            timeout_s,
        )

    # Models

    @property
    def entries(self) -> dict[int, dict[str, Any]]:
        """The log, by number, as a page puts it together."""
        return {n: entry for log in self.customs("log") for n, entry in log["entries"]}

    def statuses(self, status: str) -> list[dict[str, Any]]:
        """Give the log entries of a status so far."""
        return [entry for _, entry in sorted(self.entries.items()) if entry["status"] == status]

    def reaches(self, status: str, timeout_s: float = 20.0, count: int = 1) -> dict[str, Any]:
        """Wait until the log has a status so many times; gives the last of them."""
        self._kernel.until(
            lambda: len(self.statuses(status)) >= count,
            f"{count} times {status!r} in the log, which ends with {[*self.entries.values()][-2:]}",
            timeout_s,
        )
        return self.statuses(status)[count - 1]

    @property
    def control(self) -> PageModel:
        """The widget that takes Cancel."""
        return PageModel(self._kernel, self.opened["control"].removeprefix("IPY_MODEL_"))
