"""What kind of file system a path is on."""

from __future__ import annotations

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

_NETWORK = re.compile(
    r"(fuse\.)?(nfs\d?|cifs|smb\d?|smbfs|smbnetfs|sshfs|9p|afs|ceph|lustre|gpfs|beegfs\w*|glusterfs"
    r"|gvfsd-fuse|rclone|davfs|s3fs|gcsfuse|virtiofs|vboxsf|vmhgfs(-fuse)?|prl_fs|drvfs|juicefs)"
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def is_on_network(path: Path) -> bool:
    """Say whether a path is on a file system that other machines share.

    There, shared memory between processes is not to be had, on which a write-ahead log rests.
    False where it cannot be told.
    """
    kind = _kind_of(os.path.realpath(path))
    return kind is not None and _NETWORK.fullmatch(kind) is not None


def _kind_of(path: str) -> str | None:
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:  # only Linux tells
        return None
    best, kind = -1, None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        place = _ESCAPE.sub(lambda code: chr(int(code[1], 8)), fields[4])
        is_above = path == place or path.startswith(place.rstrip("/") + "/")
        if is_above and len(place) >= best:  # the last of several on one place hides the others
            best, kind = len(place), after.split(" ")[0]
    return kind
