"""The small pictures of a dataset's instances, page by page."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from marcelle_nb.data.stored_instance import label_query
from marcelle_nb.errors import ImageRejected
from marcelle_nb.image import is_image, thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marcelle_nb.data.dataset import Dataset

MAX_KEPT = 5_000
"""Thumbnails made here, of about 2 kB."""

_FIELDS = ["thumbnail", "updatedAt"]
_URL = re.compile(r"data:image/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+={0,2}")


class ThumbnailCache:
    """Reads the thumbnails of instances, and makes those of images that have none.

    Parameters
    ----------
    dataset : Dataset
        Whose instances.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._made: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def page(self, label: str, offset: int, limit: int) -> tuple[list[dict[str, str]], int]:
        """Give some instances of a label, each with `id` and `thumbnail`, and how many there are.

        The thumbnail is a `data:image/` URL, or empty.
        """
        query = {**label_query(label), "$skip": offset, "$limit": limit, "$select": _FIELDS}
        found = self._dataset.find(query)
        urls = self.urls(found["data"])
        items = [
            {"id": it["id"], "thumbnail": url} for it, url in zip(found["data"], urls, strict=True)
        ]
        return items, found["total"]

    def urls(self, instances: Sequence[dict[str, Any]]) -> list[str]:
        """Give the thumbnail of each instance, of which `id` and `_FIELDS` are known."""
        keys = [(it["id"], str(it.get("updatedAt"))) for it in instances]
        own = [it.get("thumbnail") for it in instances]
        with self._lock:
            missing = [
                key[0]
                for key, url in zip(keys, own, strict=True)
                if not url and key not in self._made
            ]
        made = self._of_images(missing)
        with self._lock:
            for key in keys:
                if key[0] in made:
                    self._made[key] = made[key[0]]
            urls = [url or self._made.get(key, "") for key, url in zip(keys, own, strict=True)]
            while len(self._made) > MAX_KEPT:
                self._made.popitem(last=False)
        # what another client wrote may be an address that a page must not load
        return [url if isinstance(url, str) and _URL.fullmatch(url) else "" for url in urls]

    def _of_images(self, ids: list[str]) -> dict[str, str]:
        if not ids:
            return {}
        made = dict.fromkeys(ids, "")
        for instance in self._dataset.items({"id": {"$in": ids}}).select(["x"]):
            if is_image(instance.get("x")):
                try:
                    made[instance["id"]] = thumbnail(instance["x"])
                except ImageRejected:  # larger than pictures may be
                    continue
        return made
