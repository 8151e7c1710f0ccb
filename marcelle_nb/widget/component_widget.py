"""The widget of any component."""

from __future__ import annotations

import contextvars
import logging
import weakref
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from marcelle_nb.components.whole_text import whole_text, whole_texts
from marcelle_nb.errors import MessageRejected
from marcelle_nb.message import Message
from marcelle_nb.parameter import Parameter
from marcelle_nb.stream import Stream
from marcelle_nb.stream_operators import NOTHING
from marcelle_nb.widget.control import Control
from marcelle_nb.widget.publisher import Publisher
from marcelle_nb.widget.stream_trait import StreamTrait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from marcelle_nb.component import Component

logger = logging.getLogger("marcelle_nb")

_shown: weakref.WeakValueDictionary[str, Component] = weakref.WeakValueDictionary()
"""The components of this kernel that have a widget, for the page's one heartbeat."""


class ComponentWidget(anywidget.AnyWidget):
    """Mirrors a component's streams as traits, and carries its messages.

    Make one with `component.widget`, or with `ComponentWidget.of(component)` where a second one is
    wanted.

    Notes
    -----
    Thread: any. A page's write is checked whole, then applied on the thread that brought it.
    """

    # ipywidgets closes widgets in __del__, also one whose constructor failed
    _stops: Sequence[Callable[[], None]] = ()
    _publisher: Publisher
    _control: Control | None = None

    @classmethod
    def of(cls, component: Component) -> ComponentWidget:
        """Make a widget that shows `component`."""
        return _widget_class(component.view)(component)

    def __init__(self, component: Component) -> None:
        self.component = component
        self._streams = _synced_streams(component)
        self._last = {name: stream.value for name, stream in self._streams.items()}
        self._in_page = dict(self._last)
        self._refuse_clashes()
        self.add_traits(**{name: StreamTrait(stream) for name, stream in self._streams.items()})
        self._control = Control(component) if component._urgent() else None
        if self._control is not None:
            control = traitlets.Unicode(f"IPY_MODEL_{self._control.model_id}")
            self.add_traits(control=control.tag(sync=True))
        super().__init__()
        self._publisher = Publisher(
            self._send_traits, self._send_message, component.log, component.messages_per_second
        )
        self._stops = self._listen(self._publisher)
        self.on_msg(self._receive)
        _shown[component.component_id] = component

    def _refuse_clashes(self) -> None:
        for name in self._streams:
            if self.has_trait(name):
                raise ValueError(
                    f"{name}: expected a name that no widget trait has, rename the parameter"
                )

    def _listen(self, publisher: Publisher) -> list[Callable[[], None]]:
        stops = [
            stream.subscribe(partial(self._on_value, publisher, name))
            for name, stream in self._streams.items()
        ]
        stops.append(self.component.outbox.subscribe(publisher.post))
        if self.component.log is not None:
            stops.append(self.component.log.appended.subscribe(lambda _: publisher.logged()))
        return stops

    # Kernel to page

    def _on_value(self, publisher: Publisher, name: str, value: Any) -> None:
        old, self._last[name] = self._last[name], value
        if value == old:
            return
        if value != self._in_page[name]:
            publisher.changed(name)
        change = traitlets.Bunch(name=name, old=old, new=value, owner=self, type="change")
        # past ipywidgets' own notify_change, which would send the value at once, whatever the pace
        traitlets.HasTraits.notify_change(self, change)

    def _send_traits(self, names: Iterable[str]) -> None:
        self._send_state(
            "update", (name for name in names if self._streams[name].value != self._in_page[name])
        )

    def _send_state(self, method: str, names: Iterable[str]) -> None:
        """Send present values, read once: what counts as known to the page is what it got."""
        state = self.get_state(list(names))
        self._in_page.update(state)
        if state and self.comm is not None:
            self.comm.send(data={"method": method, "state": state, "buffer_paths": []}, buffers=[])

    def get_state(self, *args: Any, **kwargs: Any) -> Any:
        """Give the state as a page can take it, whatever labels are called."""
        return whole_texts(super().get_state(*args, **kwargs))

    def _send_message(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        self.send(whole_texts(dict(content)), buffers)

    # Page to kernel

    def set_state(self, sync_data: Any) -> None:
        """Apply a page's write: all of it, or, where one value is refused, nothing."""
        values: dict[str, Any] = sync_data if isinstance(sync_data, dict) else {}
        try:
            checked = {name: self._check(name, value) for name, value in values.items()}
        except (TypeError, ValueError) as error:
            self.component.reject(error)
            # puts the page back on the kernel's values
            self._echo(name for name in values if name in self.keys)
            return
        self.component._clear_alert(at_once=True)  # somebody has put something right
        self._in_page.update(checked)
        for name, value in checked.items():
            if value != self._streams[name].value:
                self._streams[name].set(value)
        self._echo(values)

    def _check(self, name: str, value: Any) -> Any:
        if not isinstance(self._streams.get(name), Parameter):
            raise MessageRejected(
                f"{name}: expected a name that a page can write, got the kernel's own"
            )
        return self.traits()[name].check(value)

    def _echo(self, names: Iterable[str]) -> None:
        """Answer a write with the present values, for all pages.

        A page that has written a trait takes no other page's echo of it before the answer to its
        last write. It knows that by the message that is answered, which the context holds.
        """
        context = contextvars.copy_context()
        self._publisher.echo(names, lambda last: context.run(self._send_state, "echo_update", last))

    def _receive(self, _: object, content: Any, buffers: list[Any]) -> None:
        message = Message(content, tuple(bytes(buffer) for buffer in buffers))
        common = {"hello": self._hello, "bye": self._bye, "ping": self._ping, "since": self._since}
        try:
            if message.kind in common:
                common[message.kind](message)
            else:
                self.component.receive(message)
        except MessageRejected as error:
            self.component.reject(error)

    def _hello(self, message: Message) -> None:
        self.component.view_seen(_view_id(message.content.get("view")))
        # the page may have missed updates while its network was down
        self._in_page = dict.fromkeys(self._streams, NOTHING)
        self._publisher.changed(*self._streams)
        self._since(message)

    def _bye(self, message: Message) -> None:
        self.component.view_gone(_view_id(message.content.get("view")))

    def _since(self, message: Message) -> None:
        if self.component.log is None:
            return
        since = message.content.get("since", 0)
        entries, newest = self.component.log.since(since if isinstance(since, int) else 0)
        self._publisher.post(Message({"kind": "log", "entries": entries, "newest": newest}))

    def _ping(self, message: Message) -> None:
        """Answer the heartbeat of a whole page, which comes through any one of its widgets."""
        views = message.content.get("views")
        if not isinstance(views, dict):
            raise MessageRejected(f"message 'ping': expected views by component, got {views!r:.80}")
        for component in list(_shown.values()):
            component.forget_lost_views()
        newest = {}
        for component_id, seen in views.items():
            shown = _shown.get(component_id)
            if shown is not None:
                for view in seen if isinstance(seen, list) else ():
                    shown.view_seen(_view_id(view))
                shown.heartbeat()
                # one without a log is named, too: that is how its views know that it lives
                newest[component_id] = shown.log.newest if shown.log else 0
        self._publisher.post(Message({"kind": "pong", "newest": newest}))

    # Life

    def close(self) -> None:
        """Let go of the component's streams and remove all views."""
        for stop in self._stops:
            stop()
        self._stops = ()
        if hasattr(self, "_publisher"):
            self._publisher.close()
        if self._control is not None:
            self._control.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        shown = {"text/plain": repr(self.component), "text/html": self.component.static_html()}
        data |= {kind: whole_text(text) for kind, text in shown.items()}
        return data, metadata

    def __repr__(self) -> str:
        return f"<Widget of {self.component!r}>"


def _synced_streams(component: Component) -> dict[str, Stream[Any]]:
    return {
        "alert": component.alert,
        "component_id": Stream(component.component_id),
        **{name: component.parameters[name] for name in component.parameters},
        **component._synced(),
    }


def _view_id(view: Any) -> str:
    if not isinstance(view, str) or not 0 < len(view) <= 100:
        raise MessageRejected(f"view: expected a text of 1 to 100 characters, got {view!r:.80}")
    return view


@cache
def _widget_class(view: str) -> type[ComponentWidget]:
    """Make one class per view: anywidget tells style sheets apart by the name of the class."""
    name = "".join(part.capitalize() for part in view.split("_")) + "Widget"
    members = {
        "_esm": _static(f"{view}.js"),
        "_css": _static(f"{view}.css"),
        "__module__": __name__,
    }
    return type(name, (ComponentWidget,), members)


def _static(name: str) -> str:
    file = resources.files("marcelle_nb") / "static" / name
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{name}: expected a built view in marcelle_nb/static, got none: "
            "run 'npm run build' in js/"
        ) from None
