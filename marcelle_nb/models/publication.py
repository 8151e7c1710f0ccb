"""A model that the Jupyter server shows to web pages."""

from __future__ import annotations

import html
import itertools
import os
import re
import threading
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from marcelle_nb.models.page_files import INDEX, page_files
from marcelle_nb.models.web_features import with_features
from marcelle_nb.runtime.published_files import MAIN, publish_files, withdraw_files
from marcelle_nb.runtime.running_servers import running_server, unlisted_parent

if TYPE_CHECKING:
    from marcelle_nb.models.web_methods import WebMethods
    from marcelle_nb.runtime.running_servers import RunningServer

MAX_NAME = 200

_ODD = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_lock = threading.RLock()
_open: dict[str, Publication] = {}
_turns = itertools.count()
_last: dict[str, int] = {}
"""The turn of what was last put under a name."""


def _after_fork() -> None:
    """Begin anew in a forked process, where nobody would let go of the lock."""
    global _lock  # noqa: PLW0603 one for each process
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


class Publication:
    """What `model.publish(name)` gives: where the model is, and how to take it away.

    Parameters
    ----------
    model : Model
    name : str
        See `Model.publish`.

    Attributes
    ----------
    name : str

    Notes
    -----
    Thread: any. It ends with `close`, when another model is published under its name, and with the
    kernel.
    """

    def __init__(self, model: WebMethods, name: str) -> None:
        self.name = checked_name(name)
        self._model = model
        self._ended = -1  # the turn of the last `close`
        self.update()
        self._warn()

    def _warn(self) -> None:
        server = running_server()
        if server is None:
            warnings.warn(
                "publish: expected a Jupyter server with marcelle-nb's extension, got none: "
                f"{self.name!r} is on this machine's disk, and nobody shows it to pages; install"
                " marcelle-nb where the server runs, too: `jupyter server extension list` says"
                " whether it is enabled there",
                stacklevel=4,
            )
        elif (parent := unlisted_parent()) is not None:
            warnings.warn(
                "publish: expected marcelle-nb's extension in the server that started this kernel,"
                f" got none in process {parent}: another server of yours, process {server.process},"
                f" shows {self.name!r}, at its own host and port",
                stacklevel=4,
            )

    @property
    def path(self) -> str:
        """Where the model's main file is, below the server's base URL: no slash before it."""
        return f"marcelle-nb/models/{quote(self.name, safe='')}/{MAIN}"

    @property
    def page_path(self) -> str:
        """Where a page is that runs the model, below the server's base URL: no slash before it."""
        return self.path.removesuffix(MAIN) + INDEX

    @property
    def url(self) -> str:
        """The address of the main file from the host on: for `tf.loadLayersModel` in its pages.

        It is the server's base URL, which begins and ends with a slash, and `path`. Only the
        browser knows the host: that of the notebook. Where no server was found, it is `path`.
        """
        return self._base + self.path

    @property
    def page_url(self) -> str:
        """The address of a page that runs the model, from the host on, as `url`."""
        return self._base + self.page_path

    @property
    def is_open(self) -> bool:
        """Whether the model can be had."""
        with _lock:
            return _open.get(self.name) is self

    def update(self) -> None:
        """Put the model as it is now in the place of what was published.

        A page that is loading the earlier one gets all of that, unless a third takes its place
        meanwhile.

        Raises
        ------
        UnsupportedByModel, ModelFormatError
            As `Model.publish`; the earlier one stays.
        OSError
            If it cannot be written.
        """
        turn = next(_turns)
        files = {**page_files(self.name), **with_features(self._model._web_model()).files()}
        with _lock:
            # what began later, and was faster, has looked at the model later
            if turn > max(_last.get(self.name, -1), self._ended):
                publish_files(self.name, files)
                _open[self.name], _last[self.name] = self, turn

    def close(self) -> None:
        """Take the model away, unless another one has taken its place."""
        with _lock:
            self._ended = next(_turns)  # of this one alone: another one's may be under way
            if self.is_open:
                withdraw_files(self.name)
                del _open[self.name]

    @property
    def _server(self) -> RunningServer | None:
        return running_server()  # which may have been started again, under another address

    @property
    def _base(self) -> str:
        server = self._server
        return "" if server is None else server.base_url

    def __repr__(self) -> str:
        return f"<Publication {self.name!r}: {self._where()}>"

    def _where(self) -> str:
        if not self.is_open:
            return "closed"
        server = self._server
        if server is None:
            return "shown by no server, as none has the extension"
        host = "the notebook's host"
        if unlisted_parent() is not None:
            host = f"the host and port of the server in process {server.process}"
        return f"open {self.page_url} at {host} for a page that runs it; {MAIN} is beside it"

    def _repr_html_(self) -> str | None:
        """Give links, where the notebook's own server shows it."""
        if not self.is_open or self._server is None or unlisted_parent() is not None:
            return None
        links = {self.page_url: "a page that runs it", self.url: MAIN}
        shown = " · ".join(
            f'<a href="{html.escape(url)}" target="_blank">{text}</a>'
            for url, text in links.items()
        )
        return f"<p>{html.escape(self.name)}: {shown}</p>"


def checked_name(name: Any) -> str:
    """Check a name: text that can stand in an address as one part of it.

    Raises
    ------
    TypeError
        If it is no text.
    ValueError
        If it is empty, too long, or has a slash or a character that is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"name: expected a text, got {name!r:.80}")
    if _ODD.search(name) or not 0 < len(name) <= MAX_NAME or not name.strip(". "):
        raise ValueError(
            f"name: expected 1 to {MAX_NAME} characters without slashes and control characters,"
            f" and more than dots, got {name!r:.80}"
        )
    return name
