"""Releases of ipykernel, each in a folder of its own, put before the environment's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache" / "ipykernel"
LINES = ("6.31", "7.3", "7.4")
"""The lines that treat comm messages differently; the package's own requirements refuse 7.0."""

REMEMBER_S = 24 * 3600
"""How long the answer to what is newest holds."""


@cache
def releases() -> tuple[str, ...]:
    """Give a release of each line, and the newest, which stands for its line where it has one."""
    newest = _newest()
    if not newest:
        return LINES
    lines = [newest if _line(newest) == line else line for line in LINES]
    return tuple(dict.fromkeys([*lines, newest]))


def number(release: str) -> tuple[int, int]:
    """Give the first two numbers of a release, to compare with others."""
    major, minor = release.split(".")[:2]
    return int(major), int(minor)


@cache
def python_path(release: str) -> str:
    """Give a PYTHONPATH that finds this release, and this checkout's package, before others."""
    folder = FOLDER / release
    if not folder.exists():
        _install(release, folder)
    # a checkout's own package comes before an installed one
    paths = [str(folder), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(path for path in paths if path)


def _line(release: str) -> str:
    return ".".join(release.split(".")[:2])


def _install(release: str, folder: Path) -> None:
    exact = release.count(".") > 1
    requirement = f"ipykernel=={release}{'' if exact else '.*'}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as temporary:
        # renamed when it is whole: an installation that was interrupted leaves nothing
        new = Path(temporary) / "new"
        _python("-m", "pip", "install", "--quiet", "--no-deps", "--target", str(new), requirement)
        # without its own requirements it rests on those of the environment's ipykernel
        _python("-c", "import ipykernel.kernelapp", python_path=str(new))
        new.rename(folder)


def _newest() -> str:
    """Ask pip, once a day; where it cannot say, what it said last, or nothing."""
    memory = FOLDER / "newest"
    if memory.exists() and time.time() - memory.stat().st_mtime < REMEMBER_S:
        return memory.read_text("utf-8")
    ask = ("--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-", "ipykernel")
    try:
        report = json.loads(_python("-m", "pip", "install", *ask))
    except (RuntimeError, ValueError):
        return memory.read_text("utf-8") if memory.exists() else ""
    newest = str(report["install"][0]["metadata"]["version"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    memory.write_text(newest, "utf-8")
    return newest


def _python(*arguments: str, python_path: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": python_path} if python_path else None
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout
