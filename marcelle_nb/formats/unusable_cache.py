"""The error of a cache that cannot be written."""

from __future__ import annotations

import errno

from marcelle_nb.errors import DownloadRefused

_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


class UnusableCache(DownloadRefused):
    """A cache cannot be written: a disk is full, it is for reading alone, or no folder."""

    @property
    def is_denied(self) -> bool:
        """Whether this user may not write there, as in a cache that a classroom shares."""
        cause = self.__cause__
        return isinstance(cause, OSError) and cause.errno in _DENIED
