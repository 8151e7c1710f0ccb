"""What all components have in common: streams, a view, message handlers, and a life that ends."""

from __future__ import annotations

import difflib
import html
import inspect
import logging
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from marcelle_nb.errors import MessageRejected
from marcelle_nb.inbox import Inbox
from marcelle_nb.message import Message
from marcelle_nb.parameter import Parameters, declarations
from marcelle_nb.stream import Stream
from marcelle_nb.stream_operators import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ipywidgets import DOMWidget

    from marcelle_nb.message_log import MessageLog

AnyStream = TypeVar("AnyStream", bound="Stream[Any]")

logger = logging.getLogger("marcelle_nb")

VIEW_LOST_S = 90.0
"""A page not heard of for this long is gone; a hidden tab still speaks once a minute."""

ALERT_STAYS_S = 5.0
"""An alert is shown at least this long before later success takes it away."""


class Component:
    """Anything with streams that can be shown.

    A component knows nothing of widgets: it says which of its streams a page mirrors (`_synced`),
    which messages it takes (`_handlers`), and what it looks like where there are no widgets
    (`_summary`). The module `widget` does the rest.

    Parameters
    ----------
    **parameters
        First values of the reactive parameters that the class declares.

    Attributes
    ----------
    view : str
        The stem of the view's files in the page.
    parameters : Parameters
        The reactive parameters, as streams.
    alert : Stream of str
        The text of the alert line; empty where all is well.
    shown : Stream of bool
        Whether a page shows the component. True until a page has shown it and gone, so that it
        works without any.
    outbox : Stream of Message
        What goes to the pages.
    log : MessageLog or None
        Numbered entries that no page may miss.

    Notes
    -----
    Thread: any, for all public methods of all components. Messages are handled one after another on
    a thread of the component's own.
    """

    view: ClassVar[str]
    __signature__: ClassVar[inspect.Signature]
    log: MessageLog | None = None
    messages_per_second: ClassVar[int] = 20

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__signature__ = _signature(cls)

    def __init__(self, **parameters: Any) -> None:
        self.component_id = uuid.uuid4().hex
        self.alert: Stream[str] = Stream("")
        self._alert_time = 0.0
        self.shown: Stream[bool] = self._stream(True)
        self.outbox: Stream[Message] = self._stream()
        self.parameters = Parameters(type(self), parameters)
        for name in self.parameters:
            self.parameters[name]._alert = self._raise_alert
        self._views: dict[str, float] = {}
        self._inbox = Inbox(f"marcelle-{self.view}")
        self._widget: DOMWidget | None = None
        self._widget_lock = threading.Lock()
        self._ends: list[Callable[[], object]] = []
        self._closed = False

    def __setattr__(self, name: str, value: object) -> None:
        # `model.epoch = 30` would be taken without a word, and change nothing
        is_new = not (name.startswith("_") or hasattr(type(self), name) or name in self.__dict__)
        if is_new and "parameters" in self.__dict__:
            meant = difflib.get_close_matches(name, [*self.parameters], 1, 0.8)
            if meant:
                owner = type(self).__name__
                raise AttributeError(f"{owner} has no {name!r}: did you mean {meant[0]!r}?")
        super().__setattr__(name, value)

    def _stream(self, value: Any = NOTHING, *, hold: bool | None = None) -> Stream[Any]:
        """Make a stream whose failing subscribers are shown in this component's alert line."""
        return self._own(Stream(value, hold=hold))

    def _own(self, stream: AnyStream) -> AnyStream:
        """Make a stream of another class this component's, as `_stream` does."""
        stream._alert = self._raise_alert
        return stream

    def _raise_alert(self, text: str) -> None:
        self._alert_time = time.monotonic()
        self.alert.set(text[:500])

    def _clear_alert(self, *, at_once: bool = False) -> None:
        is_old = time.monotonic() - self._alert_time > ALERT_STAYS_S
        if self.alert.value and (at_once or is_old):
            self.alert.set("")

    # What a component says of itself

    def _synced(self) -> Mapping[str, Stream[Any]]:
        """Name the streams that a page mirrors; it can write only those that are a Parameter."""
        return {}

    def _handlers(self) -> Mapping[str, Callable[[Message], object]]:
        """Give a handler for each kind of message that the component takes."""
        return {}

    def _urgent(self) -> Mapping[str, Callable[[Message], Mapping[str, Any]]]:
        """Give handlers called, and answered, at once on the thread that brings the message."""
        return {}

    def _summary(self) -> Iterable[tuple[str, object]]:
        """Give names and values that describe the present state."""
        return ()

    def _picture_html(self) -> str:
        """Give trusted HTML, all text escaped, to show the state where there are no widgets."""
        return ""

    # The page's side

    def receive(self, message: Message) -> None:
        """Take a message from a page: check that it has a handler, queue it, and return.

        Raises
        ------
        MessageRejected
            If no handler takes this kind.
        """
        handler = self._handlers().get(message.kind)
        if handler is None:
            raise MessageRejected(
                f"message: expected one of {sorted(self._handlers())}, got {message.kind!r:.80}"
            )
        self._inbox.put(lambda: self._handle(handler, message))

    def _handle(self, handler: Callable[[Message], object], message: Message) -> None:
        if self._closed:
            return
        try:
            handler(message)
        except (MessageRejected, LookupError, TypeError, ValueError) as error:
            self.reject(error)
        except Exception as error:
            logger.exception("a message of kind %r failed", message.kind)
            self._raise_alert(f"{type(error).__name__}: {error}")
        else:
            self._clear_alert()

    def reject(self, error: Exception) -> None:
        """Say to the log and to the pages why a message was refused."""
        logger.warning("%s refused a message: %s", type(self).__name__, error)
        self._raise_alert(str(error))
        self.send({"kind": "rejected", "reason": str(error)[:500]})

    def send(self, content: Mapping[str, Any], buffers: Iterable[bytes] = ()) -> None:
        """Send a message to all pages that show the component."""
        self.outbox.set(Message(content, tuple(buffers)))

    def heartbeat(self) -> None:
        """Do what is due about once a second while a page shows anything of this kernel."""

    def view_seen(self, view: str) -> None:
        """Note that a page shows the component, now."""
        self._views[view] = time.monotonic()
        self._update_shown()

    def forget_lost_views(self) -> None:
        """Drop the views of pages that have gone without a word."""
        oldest = time.monotonic() - VIEW_LOST_S
        lost = [view for view, seen in list(self._views.items()) if seen < oldest]
        for view in lost:
            self.view_gone(view)

    def view_gone(self, view: str) -> None:
        """Note that a view was removed."""
        self._views.pop(view, None)
        self._update_shown()

    def _update_shown(self) -> None:
        # on the inbox: a message handler holds up all widgets while it runs
        self._inbox.put(self._tell_shown)

    def _tell_shown(self) -> None:
        if bool(self._views) != self.shown.value:
            self.shown.set(bool(self._views))

    def _while_shown(self, stream: Stream[Any], function: Callable[[Any], object]) -> None:
        """Subscribe to a stream of someone else's, but not while no page shows what comes of it.

        A cell that runs again leaves its old components behind; they must not go on working unseen.
        """
        stop: list[Callable[[], None]] = []

        def follow(shown: bool) -> None:  # noqa: FBT001 - a stream's value
            if shown and not stop:
                stop.append(stream.subscribe(function))
            elif not shown and stop:
                stop.pop()()

        self._ends += [self.shown.subscribe(follow), lambda: follow(False)]

    # The user's side

    @property
    def widget(self) -> DOMWidget:
        """The ipywidget that shows the component; always the same object.

        Raises
        ------
        RuntimeError
            If the component was closed before anything showed it.
        """
        from marcelle_nb.widget import ComponentWidget

        with self._widget_lock:
            if self._widget is None:
                if self._closed:
                    raise RuntimeError(
                        f"{type(self).__name__}: expected an open component, got a closed one"
                    )
                self._widget = ComponentWidget.of(self)
            return self._widget

    def close(self) -> None:
        """End subscriptions and remove the views; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        for end in self._ends:
            end()
        if self._widget is not None:
            self._widget.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self._closed:
            return {"text/plain": repr(self), "text/html": self.static_html()}
        return self.widget._repr_mimebundle_(**kwargs)

    def static_html(self) -> str:
        """Give HTML without scripts for viewers that show no widgets; all texts are escaped."""
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(str(name))}</th>"
            f"<td style='text-align:left'>{html.escape(str(value))}</td></tr>"
            for name, value in self._summary()
        )
        title = html.escape(type(self).__name__)
        return (
            f"<div><strong>{title}</strong><table>{rows}</table>{self._picture_html()}"
            "<p><em>Run the cell in Jupyter to use it.</em></p></div>"
        )

    def __repr__(self) -> str:
        summary = ", ".join(f"{name}: {value}" for name, value in self._summary())
        return f"<{type(self).__name__} {'closed' if self._closed else summary}>"


def _signature(cls: type[Component]) -> inspect.Signature:
    """Put the declared parameters into the constructor's signature, for a notebook's help."""
    _, *own = inspect.signature(cls.__init__).parameters.values()
    fixed = [p for p in own if p.kind is not inspect.Parameter.VAR_KEYWORD]
    if len(fixed) < len(own):
        fixed += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=declaration.default)
            for name, declaration in declarations(cls).items()
        ]
    return inspect.Signature(sorted(fixed, key=lambda p: p.kind))
