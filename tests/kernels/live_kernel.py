"""A real kernel, driven by messages made by hand."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from jupyter_client.jsonutil import json_default
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_client.session import Session

from tests.kernels.ipykernel_releases import number, python_path
from tests.kernels.page_model import PageModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import zmq

T = TypeVar("T")

START_S = 60.0
PATIENCE_S = 20.0
"""What should be immediate gets this long on a busy machine, unless a test is about the time."""

POLL_S = 0.02

NUDGE_S = 0.25
"""ipykernel 7.0 to 7.3 can leave a request lie that comes while they send a reply, until somebody
connects (ipykernel#1554, mended in 7.4). No package in the kernel can help it; a wait connects."""


class CellFailed(Exception):
    """A cell raised."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name


@dataclass(frozen=True)
class Record:
    """A message that the kernel published."""

    type: str
    content: dict[str, Any]
    buffers: tuple[bytes, ...]
    parent: str
    sent: float
    """When the kernel made it, in seconds by its clock."""


class Cell:
    """A cell that was sent to the kernel."""

    def __init__(self, kernel: LiveKernel, message: str) -> None:
        self._kernel = kernel
        self.message = message

    @property
    def records(self) -> list[Record]:
        """What was published on its behalf, so far."""
        return self._kernel.published(parent=self.message)

    @property
    def ended(self) -> bool:
        return self._kernel.replied(self.message) and self._state("idle") is not None

    @property
    def output(self) -> str:
        """What it printed, so far."""
        streams = [r.content for r in self.records if r.type == "stream"]
        return "".join(stream["text"] for stream in streams if stream["name"] == "stdout")

    @property
    def seconds(self) -> float:
        """How long the kernel was busy with it, once it has ended."""
        busy, idle = self._state("busy"), self._state("idle")
        assert busy is not None
        assert idle is not None
        return idle.sent - busy.sent

    def wait(self, timeout_s: float = PATIENCE_S) -> Self:
        """Wait until it has ended; raises what it raised."""
        self._kernel.until(lambda: self.ended, f"the cell ends: {self.output}", timeout_s)
        for record in self.records:
            if record.type == "error":
                raise CellFailed(record.content["ename"], "\n".join(record.content["traceback"]))
        return self

    def _state(self, state: str) -> Record | None:
        states = (r for r in self.records if r.content.get("execution_state") == state)
        return next(states, None)


class LiveKernel:
    """A kernel of one release of ipykernel, and the page's end of its sockets.

    Messages go out on the caller's thread; a thread of its own reads what the kernel publishes.
    """

    def __init__(self, release: str, folder: Path) -> None:
        self.release = number(release)
        self.subshell: str | None = None
        self._release = release
        self._folder = folder
        self._changed = threading.Condition()
        self._by_parent: dict[str, list[Record]] = defaultdict(list)
        self._by_comm: dict[str, list[Record]] = defaultdict(list)
        self._replied: set[str] = set()
        self._nudge: zmq.Socket[bytes] | None = None
        self._stopped = threading.Event()

    @property
    def delivers_while_busy(self) -> bool:
        """Whether a comm message can be handled while a cell blocks the main thread."""
        return self.release >= (7, 1)

    # Life

    def start(self) -> Self:
        """Start the process, and as JupyterLab does a subshell for all widgets, where it can."""
        self._manager = KernelManager(
            connection_file=str(self._folder / "connection.json"),
            kernel_spec_manager=_OneSpec(),
        )
        own = {
            "PYTHONPATH": python_path(self._release),
            "IPYTHONDIR": str(self._folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"),
        }
        self._manager.start_kernel(env={**os.environ, **own}, cwd=str(self._folder))
        self._session = _session(self._manager)
        self._shell = self._manager.connect_shell()
        self._control = self._manager.connect_control()
        self._reader = threading.Thread(target=self._read, name="iopub", daemon=True)
        self._reader.start()
        features = self._first_answer().get("supported_features", [])
        if "kernel subshells" in features:
            self.send("create_subshell_request", {}, channel="control")
            self.subshell = self._reply(self._control, PATIENCE_S)["subshell_id"]
        return self

    def stop(self) -> None:
        """End the process and close the sockets."""
        self._stopped.set()
        self._reader.join()
        for socket in (self._shell, self._control, self._nudge):
            if socket is not None:
                socket.close(linger=0)
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()
        self._manager.context.term()

    def interrupt(self) -> None:
        """Press the stop button of the notebook."""
        self._manager.interrupt_kernel()

    @property
    def alive(self) -> bool:
        """Whether cells can run."""
        try:
            self.run("pass", PATIENCE_S)
        except AssertionError:
            return False
        return True

    def _first_answer(self) -> dict[str, Any]:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self._manager.is_alive(), "the kernel ended"
            message = self.send("kernel_info_request", {})
            reply = self._reply(self._shell, 1.0)
            # until the subscription has reached the kernel, it publishes to nobody
            if reply:
                seen = self._eventually(partial(self.published, parent=message), 0.5)
                if seen:
                    return reply
        raise AssertionError(f"no kernel after {START_S} s")

    def _reply(self, socket: zmq.Socket[bytes], timeout_s: float) -> dict[str, Any]:
        if not socket.poll(int(timeout_s * 1000)):
            return {}
        content: dict[str, Any] = _message(self._session, socket)["content"]
        return content

    # Messages

    def send(
        self,
        type: str,
        content: dict[str, Any],
        buffers: Sequence[bytes] = (),
        *,
        subshell: str | None = None,
        channel: str = "shell",
    ) -> str:
        """Send a message; gives its identifier."""
        message = self._session.msg(type, content)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        socket = self._shell if channel == "shell" else self._control
        self._session.send(socket, message, buffers=list(buffers))
        return str(message["msg_id"])

    def replied(self, message: str) -> bool:
        """Whether a request on the shell channel has its reply."""
        while self._shell.poll(0):
            self._replied.add(_message(self._session, self._shell)["parent_header"]["msg_id"])
        return message in self._replied

    def published(self, *, parent: str = "", comm: str = "") -> list[Record]:
        """Give what the kernel has published on behalf of a message, or on a comm."""
        with self._changed:
            return list(self._by_parent[parent] if parent else self._by_comm[comm])

    def handled(self, message: str) -> bool:
        """Whether the kernel has become idle after a message."""
        states = [r.content.get("execution_state") for r in self.published(parent=message)]
        return "idle" in states

    def _read(self) -> None:
        session = _session(self._manager)
        socket = self._manager.connect_iopub()
        while not self._stopped.is_set():
            if socket.poll(50):
                self._note(_message(session, socket))
        socket.close(linger=0)

    def _note(self, message: dict[str, Any]) -> None:
        record = Record(
            message["msg_type"],
            message["content"],
            tuple(bytes(buffer) for buffer in message["buffers"]),
            message["parent_header"].get("msg_id", ""),
            message["header"]["date"].timestamp(),
        )
        with self._changed:
            self._by_parent[record.parent].append(record)
            self._by_comm[record.content.get("comm_id", "")].append(record)
            self._changed.notify_all()

    # Waiting

    def until(self, condition: Callable[[], T], what: str, timeout_s: float = PATIENCE_S) -> T:
        """Wait until a condition holds; gives its value."""
        value = self._eventually(condition, timeout_s)
        assert value, f"expected within {timeout_s} s: {what}"
        return value

    def never(self, condition: Callable[[], object], what: str, within_s: float = 0.5) -> None:
        """See that a condition does not come to hold."""
        assert not self._eventually(condition, within_s), f"expected not to happen: {what}"

    def _eventually(self, condition: Callable[[], T], timeout_s: float) -> T:
        start = nudged = time.monotonic()
        while not (value := condition()) and time.monotonic() - start < timeout_s:
            with self._changed:
                self._changed.wait(POLL_S)
            if self.subshell and time.monotonic() - nudged > NUDGE_S:
                nudged = time.monotonic()
                if self._nudge is not None:
                    self._nudge.close(linger=0)
                self._nudge = self._manager.connect_shell()
        return value

    # Cells

    def begin(self, code: str) -> Cell:
        """Send a cell, and do not wait."""
        content = {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        return Cell(self, self.send("execute_request", content))

    def run(self, code: str, timeout_s: float = PATIENCE_S) -> Cell:
        """Run a cell to its end."""
        return self.begin(code).wait(timeout_s)

    def value(self, expression: str) -> Any:
        """Give the value of an expression that JSON can say."""
        return json.loads(self.run(f"import json; print(json.dumps({expression}))").output)

    def becomes(self, expression: str, value: object, timeout_s: float = PATIENCE_S) -> None:
        """Wait until an expression has a value."""
        self.until(
            lambda: self.value(expression) == value,
            f"{expression} == {value!r}, which is {self.value(expression)!r}",
            timeout_s,
        )

    def show(self, component: str) -> PageModel:
        """Make the widget of a component, and give the page's side of it."""
        return PageModel(self, self.value(f"{component}.widget.model_id"))


class _OneSpec(KernelSpecManager):
    """Knows the kernel of this Python alone, whatever is installed for Jupyter."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name=kernel_name, language="python")


def _session(manager: KernelManager) -> Session:
    """Make a session for one thread: its memory of signatures is not made for two."""
    scheme = manager.session.signature_scheme
    return Session(key=manager.session.key, signature_scheme=scheme, pack=_pack)


def _message(session: Session, socket: zmq.Socket[bytes]) -> dict[str, Any]:
    """Take a message that is there."""
    message = session.recv(socket)[1]
    assert message is not None
    return message


def _pack(content: object) -> bytes:
    """Write any JSON, where jupyter_client's own would refuse NaN and lone surrogates."""
    return json.dumps(content, default=json_default).encode()
