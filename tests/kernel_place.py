"""A runtime directory of a test's own, with this process as a kernel in it."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from marcelle_nb.runtime import held_place
from marcelle_nb.runtime.published_files import open_published
from tests.extension_server import ROOT

KERNEL = """
import sys
from marcelle_nb.runtime.published_files import publish_files
print(publish_files(sys.argv[1], {"model.json": sys.argv[2].encode()}), flush=True)
sys.stdin.read()
"""


@contextmanager
def kernel_place(runtime, monkeypatch):
    """Be a kernel whose runtime directory this is; give the folder in which servers look."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    try:
        yield runtime / "marcelle-nb"
    finally:
        for place in held_place._kernels:
            place.close()
        held_place._kernels.clear()


def published(name, file="model.json"):
    """Give what the server sends of a model; None where there is nothing."""
    opened = open_published(name, file)
    if opened is None:
        return None
    with os.fdopen(opened, "rb") as source:
        return source.read()


@contextmanager
def other_kernel(name, content="{}", *, end="exit"):
    """Run another kernel that publishes a model; give its folder. It is killed, or it ends."""
    command = [sys.executable, "-c", KERNEL, name, content]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Path(process.stdout.readline().strip())
        finally:
            if end == "kill":
                process.send_signal(signal.SIGKILL)
            process.communicate()
