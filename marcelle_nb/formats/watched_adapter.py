"""Connections of `requests` that somebody looks at before anything is sent over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from requests.adapters import HTTPAdapter


def watched_adapter(connected: Callable[[socket.socket], object]) -> HTTPAdapter:
    """Give an adapter for a session of `requests`, which imports that library.

    Parameters
    ----------
    connected : callable
        Called with every socket that is connected, to a proxy too, in the thread that asks. What
        it raises ends the request.
    """
    from requests.adapters import HTTPAdapter

    class WatchedAdapter(HTTPAdapter):
        """Makes connections that are looked at."""

        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            _watch(self.poolmanager, connected)

        def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
            manager = super().proxy_manager_for(*args, **options)
            _watch(manager, connected)
            return manager

    return WatchedAdapter()


def _watch(manager: Any, connected: Callable[[socket.socket], object]) -> None:
    manager.pool_classes_by_scheme = {
        scheme: _watched_pool(kind, connected)
        for scheme, kind in manager.pool_classes_by_scheme.items()
    }


def _watched_pool(pool: Any, connected: Callable[[socket.socket], object]) -> type:
    connection = pool.ConnectionCls

    def connect(self: Any) -> None:
        connection.connect(self)
        connected(self.sock)

    watched = type(connection.__name__, (connection,), {"connect": connect})
    return type(pool.__name__, (pool,), {"ConnectionCls": watched})
