"""The Jupyter server extension: what lies under `marcelle-nb/`; it changes no setting.

`health` says which versions run, `models` gives the files of models that kernels have published,
and `uploads` takes a large file for a kernel on the same machine.
"""

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
    from marcelle_nb.server.models import Models
    from marcelle_nb.server.presence import Presence
    from marcelle_nb.server.uploads import Uploads

    routes = {"health": Health, r"models/([^/]+)/([^/]+)": Models, r"uploads/([^/]+)": Uploads}
    handlers = [
        (url_path_join(server.base_url, "marcelle-nb", route), handler)
        for route, handler in routes.items()
    ]
    server.web_app.add_handlers(".*$", handlers)  # type: ignore[no-untyped-call]
    try:
        Presence(server.base_url).start()
    except OSError as error:  # no runtime directory that can be written: then nothing is published
        server.log.warning("marcelle-nb: kernels will not find this server: %s", error)
