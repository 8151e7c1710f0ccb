"""The small pictures of a dataset's instances."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import is_image, thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.data.dataset import Dataset

MAX_KEPT = 5_000
"""Thumbnails made here, of about 2 kB."""

MAX_LENGTH = 200_000
"""Characters of an address, beyond which it is no thumbnail."""

_FIELDS = ["thumbnail", "updatedAt"]
_URL = re.compile(r"data:image/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+={0,2}")


class ThumbnailCache:
    """Reads the thumbnails of instances, and makes those of images that have none.

    A thumbnail is a `data:image/` URL, or empty.

    Parameters
    ----------
    dataset : Dataset
        Whose instances.

    Notes
    -----
    Thread: any.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._made: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def page(
        self, label: str, offset: int, limit: int, until: float | None = None
    ) -> tuple[list[dict[str, str]], int]:
        """Give some instances of a label, each with `id` and `thumbnail`, and how many there are.

        Parameters
        ----------
        label : str
            Empty for those without one.
        offset, limit : int
            Which of them.
        until : float, optional
            By the monotonic clock; afterwards no thumbnails are made, and theirs are empty.
        """
        query = {"y": label, "$skip": offset, "$limit": limit, "$select": _FIELDS}
        found = self._dataset.find(query)
        urls = self._urls(found["data"], until)
        return [{"id": it, "thumbnail": url} for it, url in urls.items()], found["total"]

    def of(self, ids: Sequence[str]) -> dict[str, str]:
        """Give the thumbnails of instances by their ids, of those that are there."""
        return self._urls(list(self._dataset.items({"id": {"$in": [*ids]}}).select(_FIELDS)), None)

    def _urls(self, instances: Sequence[dict[str, Any]], until: float | None) -> dict[str, str]:
        keys = {it["id"]: (it["id"], str(it.get("updatedAt"))) for it in instances}
        found = {it["id"]: _checked(it.get("thumbnail")) for it in instances}
        with self._lock:
            missing = [one for one, url in found.items() if not url and keys[one] not in self._made]
        made = self._of_images(missing, until)
        with self._lock:
            for one, url in made.items():
                self._made[keys[one]] = url
            found |= {one: url or self._made.get(keys[one], "") for one, url in found.items()}
            while len(self._made) > MAX_KEPT:
                self._made.popitem(last=False)
        return found

    def _of_images(self, ids: list[str], until: float | None) -> dict[str, str]:
        """Make thumbnails; where there is little time, one after another."""
        made: dict[str, str] = {}
        groups = [ids] if until is None else [[one] for one in ids]
        for group in filter(None, groups):
            if until is not None and time.monotonic() > until:
                break
            made |= dict.fromkeys(group, "")
            for instance in self._dataset.items({"id": {"$in": group}}).select(["x"]):
                made[instance["id"]] = _made_of(instance.get("x"))
        return made


def _checked(url: object) -> str:
    """Give a thumbnail; what another client wrote may be an address that no page must load."""
    is_one = isinstance(url, str) and len(url) <= MAX_LENGTH and _URL.fullmatch(url)
    return str(url) if is_one else ""


def _made_of(x: object) -> str:
    try:
        return thumbnail(x) if is_image(x) else ""
    except ImageRejected:  # larger than pictures may be
        return ""
