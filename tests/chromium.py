"""Finds a Chromium for the browser tests, or installs one.

`python -m tests.chromium` prints where it is; with `--install` it makes sure that there is one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)

# Package managers by their command, and what makes each of them install a Chromium.
INSTALLS: dict[str, tuple[list[str], ...]] = {
    "apt-get": (["apt-get", "update"], ["apt-get", "install", "--yes", "chromium"]),
    "dnf": (["dnf", "install", "--assumeyes", "chromium"],),
    "pacman": (["pacman", "-S", "--noconfirm", "chromium"],),
    "zypper": (["zypper", "--non-interactive", "install", "chromium"],),
    "apk": (["apk", "add", "chromium"],),
    "brew": (["brew", "install", "--cask", "chromium"],),
}

ADVICE = (
    "chromium: expected one for the browser tests, found none. Install Chromium or Chrome, or "
    "set CHROMIUM to its path"
)


class ChromiumNotFound(RuntimeError):
    """There is no Chromium on this machine."""


def chromium() -> Path:
    """Return the path of a Chromium that starts: $CHROMIUM, the system's, or Playwright's."""
    for path in _candidates():
        if _starts(path):
            return path
    raise ChromiumNotFound(ADVICE)


def install() -> Path:
    """Return the path of a Chromium, after installing one where there is none."""
    own = ([sys.executable, "-m", "playwright", "install", "chromium"],)
    for steps in (own, *(steps for command, steps in INSTALLS.items() if shutil.which(command))):
        try:
            return chromium()
        except ChromiumNotFound:
            _run(steps)
    return chromium()


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("CHROMIUM"):
        yield Path(chosen)
        return
    yield from (Path(found) for command in COMMANDS if (found := shutil.which(command)))
    yield from (Path(path) for path in APPLICATIONS if Path(path).exists())
    if own := _playwrights_own():
        yield own


def _playwrights_own() -> Path | None:
    # Asked in a process of its own: Playwright's loop must not meet that of a running test.
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=False
    )
    path = Path(answer.stdout.strip() or "nowhere")
    return path if path.exists() else None


def _starts(path: Path) -> bool:
    if os.name == "nt":  # there Chrome opens a window instead of saying its version
        return path.exists()
    # Ubuntu's chromium-browser may be a script that only says to install a snap.
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "Chrom" in answer.stdout


def _run(steps: tuple[list[str], ...]) -> None:
    is_admin = not hasattr(os, "geteuid") or os.geteuid() == 0
    for step in steps:
        # Homebrew refuses root; the other package managers need it.
        needs_admin = step[0] in INSTALLS and step[0] != "brew"
        command = ["sudo", *step] if needs_admin and not is_admin else step
        print(">", *command, file=sys.stderr)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            subprocess.run(command, check=True, env=environment, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{error}: trying the next way", file=sys.stderr)
            return


def main() -> int:
    """Print the path, or the advice."""
    try:
        print("Chromium:", install() if "--install" in sys.argv[1:] else chromium())
    except ChromiumNotFound as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
