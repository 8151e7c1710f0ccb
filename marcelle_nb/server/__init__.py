"""The Jupyter server extension: answers `GET marcelle-nb/health`, changes no setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marcelle_nb._version import (
    __version__ as __version__,
)  # shown by `jupyter server extension list`

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "marcelle_nb.server"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    from jupyter_server.utils import url_path_join

    from marcelle_nb.server.health import Health

    address = url_path_join(server.base_url, "marcelle-nb", "health")
    server.web_app.add_handlers(".*$", [(address, Health)])  # type: ignore[no-untyped-call]
