"""Says which versions run in the server."""

from __future__ import annotations

import json
import platform

import jupyter_server
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from marcelle_nb._version import __version__


class Health(APIHandler):
    """Answers `GET <base_url>marcelle-nb/health` to users of the server, nobody else."""

    auth_resource = "marcelle_nb"

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Send the versions as a JSON object."""
        versions = {
            "marcelle_nb": __version__,
            "jupyter_server": jupyter_server.__version__,
            "python": platform.python_version(),
        }
        self.finish(json.dumps(versions))
