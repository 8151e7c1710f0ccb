"""The pace at which one widget speaks to its pages."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from marcelle_nb.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from marcelle_nb.message import Message
    from marcelle_nb.message_log import MessageLog

WINDOW_S = 1.05
"""A little over a second: messages can lie closer together when they arrive than when they left."""

ECHO_TICKS = 2.5
"""Echoes lie this much further apart: a slider that is dragged leaves room for everything else."""

clock = Scheduler("marcelle-publisher")
"""The one publisher thread of this process."""


class Publisher:
    """Sends traits, log entries and messages at a limited rate; the newest value always arrives.

    Parameters
    ----------
    send_state : callable
        Takes the names of traits and sends their present values in one message.
    send : callable
        Takes content and buffers of a custom message and sends it.
    log : MessageLog or None
        Its new entries are sent in one message a tick.
    per_second : int
        Messages a second at most, all kinds counted.

    Notes
    -----
    Thread: any. What may leave at once leaves on the caller's thread, the rest on the publisher's.
    """

    def __init__(
        self,
        send_state: Callable[[Iterable[str]], object],
        send: Callable[[Mapping[str, Any], list[bytes]], object],
        log: MessageLog | None,
        per_second: int,
    ) -> None:
        self._send_state = send_state
        self._send = send
        self._log = log
        self._sent_entries = 0
        self._times: deque[float] = deque(maxlen=per_second)
        self._tick_s = 1 / per_second
        self._turns = ["post", "echo", "traits", "entries"]
        self._next = dict.fromkeys(self._turns, 0.0)
        self._echoes: list[tuple[set[str], Callable[[set[str]], object]]] = []
        self._changed: dict[str, None] = {}
        self._posts: deque[Message] = deque()
        self._lock = threading.RLock()
        self._scheduled = False
        self._closed = False

    def changed(self, *names: str) -> None:
        """Note that traits have new values."""
        with self._lock:
            self._changed.update(dict.fromkeys(names))
        self._publish()

    def logged(self) -> None:
        """Note that the log has grown."""
        self._publish()

    def post(self, message: Message) -> None:
        """Send a message, after those that wait; of refusals that wait, only the last is sent."""
        with self._lock:
            if message.kind == "rejected":  # a burst of bad messages must not hold up an answer
                self._posts = deque(post for post in self._posts if post.kind != "rejected")
            self._posts.append(message)
        self._publish()

    def echo(self, names: Iterable[str], send: Callable[[set[str]], object]) -> None:
        """Have a page's write of traits answered; of several that wait, each trait's last."""
        newest = set(names)
        with self._lock:
            for older, _ in self._echoes:
                older.difference_update(newest)
            self._echoes = [*(echo for echo in self._echoes if echo[0]), (newest, send)]
        self._publish()

    def close(self) -> None:
        """Send nothing any more."""
        with self._lock:
            self._closed = True

    def _publish(self) -> None:
        with self._lock:
            if self._closed:
                return
            while not self._wait_s() and self._send_one():
                pass
            if not self._scheduled:
                self._schedule()

    def _send_one(self) -> bool:
        """Send one message of what is due; kinds take turns, so that none keeps another back."""
        now = time.monotonic()
        for kind in self._turns:
            due = self._due_at(kind)
            if due is not None and due <= now:
                self._turns.remove(kind)
                self._turns.append(kind)
                self._times.append(now)
                getattr(self, f"_send_{kind}")(now)
                return True
        return False

    def _due_at(self, kind: str) -> float | None:
        """Say when a message of a kind may leave; None where there is none."""
        waits = {
            "post": bool(self._posts),
            "echo": bool(self._echoes),
            "traits": bool(self._changed),
            "entries": self._unsent(),
        }
        return self._next[kind] if waits[kind] else None

    def _schedule(self) -> None:
        due = [at for kind in self._turns if (at := self._due_at(kind)) is not None]
        if due:
            self._scheduled = True
            clock.call_later(max(self._wait_s(), min(due) - time.monotonic(), 0.001), self._due)

    def _due(self) -> None:
        with self._lock:
            self._scheduled = False
        self._publish()

    def _send_post(self, _: float) -> None:
        message = self._posts.popleft()
        self._send(message.content, list(message.buffers))

    def _send_echo(self, now: float) -> None:
        names, send = self._echoes.pop(0)
        if not self._echoes:
            self._next["echo"] = now + ECHO_TICKS * self._tick_s
        send(names)

    def _send_traits(self, now: float) -> None:
        names, self._changed = self._changed, {}
        self._next["traits"] = now + self._tick_s
        self._send_state(names)

    def _send_entries(self, now: float) -> None:
        if self._log is None:
            return
        self._next["entries"] = now + self._tick_s
        entries, newest = self._log.since(self._sent_entries)
        self._sent_entries = entries[-1][0] if entries else newest
        self._send({"kind": "log", "entries": entries, "newest": newest}, [])

    def _unsent(self) -> bool:
        return self._log is not None and self._log.newest > self._sent_entries

    def _wait_s(self) -> float:
        """Seconds until one more message keeps within the limit."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(0.0, self._times[0] + WINDOW_S - time.monotonic())
