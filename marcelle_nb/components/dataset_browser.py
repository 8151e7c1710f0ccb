"""Shows what a dataset holds, and puts it right."""

from __future__ import annotations

import html
import threading
import time
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.components.identifiers import still_there
from marcelle_nb.components.retried import Retried
from marcelle_nb.components.thumbnail_cache import ThumbnailCache
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import MessageRejected
from marcelle_nb.kinds import Integer, Text
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from marcelle_nb.message import Message

MAX_PAGE = 200
"""Thumbnails in one message: about half a megabyte."""

MAX_IDS = 100_000
STATIC_PICTURES, STATIC_EACH = 96, 24
"""Pictures where there are no widgets: all together, and of one label at most."""

STATIC_LABELS = 50
STATIC_S = 0.5
"""Pictures are made for so long, that a cell may show its output."""

MAX_NAME = 200
LABEL = Text(max_length=1_000)


class DatasetBrowser(Component):
    """Thumbnails by label, page by page, with counts, to relabel and delete instances.

    The last change can be undone.

    Parameters
    ----------
    dataset : Dataset
        What it shows; changes made elsewhere, also by other kernels, appear at once. Instances
        without a label stand under the empty label. An image without a thumbnail is shown itself.
    """

    view = "dataset_browser"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        if not isinstance(dataset, Dataset):
            raise TypeError(f"dataset: expected a Dataset, got {dataset!r:.80}")
        self._dataset = dataset
        self._thumbnails = ThumbnailCache(dataset)
        self._counting = threading.Lock()
        self._counts: Stream[list[tuple[str, int]]] = self._stream([])
        self._revision: Stream[int] = self._stream(0)
        count = Retried(self, self._count)
        # counted on a thread of its own, once for all that changed meanwhile
        self._while_shown(dataset.changes.latest(), lambda _: count())
        self._while_shown(Stream(None), lambda _: count())

    def _count(self) -> None:
        with self._counting:
            counts = self._all_counts()
            labels = _in_place([label for label, _ in self._counts.value], [*counts])
            self._counts.set([(label, counts[label]) for label in labels])
            self._revision.set(self._revision.value + 1)

    def _all_counts(self) -> dict[str, int]:
        """Count the instances of each label, and under the empty one those without."""
        counts = self._dataset.label_counts()
        unlabelled = self._dataset.count.value - sum(counts.values())
        return counts | ({"": unlabelled} if unlabelled > 0 else {})

    # Changes

    def _on_relabel(self, message: Message) -> None:
        self._dataset.relabel(_ids(message), _new_label(message, "label"))

    def _on_rename(self, message: Message) -> None:
        label = message.take("label", LABEL)
        to = _new_label(message, "to")
        if not self._dataset.relabel(None, to, {"y": label}):
            raise _no_such_label(label)

    def _on_remove(self, message: Message) -> None:
        self._dataset._remove(_ids(message))

    def _on_remove_label(self, message: Message) -> None:
        label = message.take("label", LABEL)
        # where another page was faster, the change that can be undone is still its
        if not self._dataset._remove(None, {"y": label}, f" of {label!r}"):
            raise _no_such_label(label)

    def undo(self) -> None:
        """Take back the last deletion or relabelling; does nothing where there is none."""
        self._dataset.undo()

    # The page's side

    def _on_items(self, message: Message) -> None:
        label = message.take("label", LABEL)
        offset = message.take("offset", Integer(min=0))
        limit = message.take("limit", Integer(min=1, max=MAX_PAGE))
        request = message.take("request", Integer(min=0))
        items, total = self._thumbnails.page(label, offset, limit)
        answer = {"request": request, "label": label, "offset": offset, "total": total}
        self.send({"kind": "items", **answer, "items": items})

    def _on_there(self, message: Message) -> None:
        """Say which of the instances that a page has selected are still there."""
        there = still_there(self._dataset, _ids(message))
        answer = {"request": message.take("request", Integer(min=0))}
        self.send({"kind": "there", **answer, "ids": there})

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "name": Stream(self._dataset.name),
            "where": Stream(self._dataset.where),
            "counts": self._counts,
            "revision": self._revision,
            "undoable": self._dataset.undoable,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {
            "items": self._on_items,
            "there": self._on_there,
            "relabel": self._on_relabel,
            "rename": self._on_rename,
            "remove": self._on_remove,
            "remove_label": self._on_remove_label,
            "undo": lambda _: self.undo(),
        }

    def _summary(self) -> list[tuple[str, object]]:
        return [("dataset", self._dataset), ("where", self._dataset.where)]

    def _picture_html(self) -> str:
        counts, until = self._all_counts(), time.monotonic() + STATIC_S
        shown = [*counts][:STATIC_LABELS]
        each = max(1, min(STATIC_EACH, STATIC_PICTURES // max(1, len(shown))))
        parts = []
        for label in shown:
            is_late = time.monotonic() > until
            items = [] if is_late else self._thumbnails.page(label, 0, each, until)[0]
            urls = [html.escape(it["thumbnail"], quote=True) for it in items if it["thumbnail"]]
            pictures = "".join(f"<img alt='' src='{url}'>" for url in urls)
            name = html.escape(label[:MAX_NAME]) or "<em>no label</em>"
            parts.append(f"<p>{name}: {counts[label]:,}<br>{pictures}</p>")
        rest = len(counts) - len(shown)
        return "".join(parts) + (f"<p>and {rest:,} more labels</p>" if rest else "")


def _in_place(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Order labels as they were, and put a new one where a view that begins now would have it.

    So groups stay while somebody moves instances between them; one that was renamed, or comes back,
    is where it was. Each stands before the one that follows it there; the empty one is the last.
    """
    there = set(now)
    left = [label for label in before if label and label in there]
    known = set(left)
    # the new ones by the label that each stands before, the last one first
    new: dict[str, list[str]] = {}
    following = ""
    for label in reversed([label for label in now if label]):
        if label in known:
            following = label
        else:
            new.setdefault(following, []).append(label)
    placed = [one for label in [*left, ""] for one in [*reversed(new.get(label, [])), label]]
    return placed if "" in there else placed[:-1]


def _ids(message: Message) -> list[str]:
    ids = message.content.get("ids")
    if not (
        isinstance(ids, list) and 0 < len(ids) <= MAX_IDS and all(isinstance(i, str) for i in ids)
    ):
        raise MessageRejected(f"ids: expected a list of identifiers, got {ids!r:.80}")
    return ids


def _new_label(message: Message, key: str) -> str:
    label: str = message.take(key, LABEL).strip()
    if not label:
        raise MessageRejected(f"{key}: expected a text, got none")
    return label


def _no_such_label(label: str) -> MessageRejected:
    return MessageRejected(f"label: expected one that instances have, got {label!r:.80}")
