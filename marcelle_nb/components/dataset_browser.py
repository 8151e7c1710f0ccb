"""Shows what a dataset holds, and puts it right."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.data.dataset import Dataset
from marcelle_nb.errors import MessageRejected
from marcelle_nb.kinds import Integer, Text
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from marcelle_nb.data.instance import Instance
    from marcelle_nb.message import Message

MAX_PAGE = 200
"""Thumbnails in one message: about half a megabyte."""

MAX_IDS = 100_000
STATIC_THUMBNAILS = 24
LABEL = Text(max_length=1_000)


class DatasetBrowser(Component):
    """Thumbnails by label, with counts, to relabel and delete instances.

    The last change can be undone.

    Parameters
    ----------
    dataset : Dataset
        What it shows; changes made elsewhere appear at once. Instances without a label stand under
        the empty label.
    """

    view = "dataset_browser"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        if not isinstance(dataset, Dataset):
            raise TypeError(f"dataset: expected a Dataset, got {dataset!r:.80}")
        self._dataset = dataset
        self._counts: Stream[list[tuple[str, int]]] = self._stream([])
        self._revision: Stream[int] = self._stream(0)
        self._undoable: Stream[str] = self._stream("")
        self._undo: Callable[[], object] | None = None
        self._while_shown(dataset.changes.start_with([]), self._on_change)

    def _on_change(self, _: object) -> None:
        counts = self._dataset.label_counts()
        # groups stay in their places while somebody moves instances between them
        shown = [label for label, _ in self._counts.value if label in counts]
        counts = {label: counts[label] for label in dict.fromkeys([*shown, *counts])}
        unlabelled = self._dataset.count.value - sum(counts.values())
        self._counts.set([*counts.items(), *([("", unlabelled)] if unlabelled > 0 else [])])
        self._revision.set(self._revision.value + 1)

    # Changes

    def _on_relabel(self, message: Message) -> None:
        self._relabel(_ids(message), message.take("label", LABEL).strip())

    def _on_rename(self, message: Message) -> None:
        self._relabel(self._ids_of(message), message.take("to", LABEL).strip())

    def _relabel(self, ids: list[str], label: str) -> None:
        if not label:
            raise MessageRejected("label: expected a text, got none")
        before = self._dataset.relabel(ids, label)

        def undo() -> None:
            there = {instance["id"] for instance in self._dataset.items()}
            old_labels = dict.fromkeys(instance["y"] for instance in before)
            for old in old_labels:
                same = [i["id"] for i in before if i["y"] == old and i["id"] in there]
                self._dataset.relabel(same, old)

        self._keep_undo(f"{_plural(len(before))} relabelled as {label!r}", undo)

    def _on_remove(self, message: Message) -> None:
        ids = list(dict.fromkeys(_ids(message)))
        self._remove(ids, _plural(len(ids)))

    def _on_remove_label(self, message: Message) -> None:
        ids = self._ids_of(message)
        self._remove(ids, f"{_plural(len(ids))} of {message.content['label']!r}")

    def _remove(self, ids: list[str], what: str) -> None:
        removed = self._dataset.remove(ids)
        self._keep_undo(f"{what} deleted", lambda: self._dataset.restore(removed))

    def _keep_undo(self, what: str, undo: Callable[[], object]) -> None:
        self._undo = undo
        self._undoable.set(what)

    def undo(self) -> None:
        """Take back the last change made in this browser; does nothing where there is none."""
        undo, self._undo = self._undo, None
        self._undoable.set("")
        if undo is not None:
            undo()

    # The page's side

    def _labelled(self, label: str) -> list[Instance]:
        return [i for i in self._dataset.items() if (i["y"] or "") == label]

    def _ids_of(self, message: Message) -> list[str]:
        label = message.take("label", LABEL)
        ids = [instance["id"] for instance in self._labelled(label)]
        if not ids:  # another page was faster: the change that can be undone is still its
            raise MessageRejected(f"label: expected one that instances have, got {label!r:.80}")
        return ids

    def _on_items(self, message: Message) -> None:
        label = message.take("label", LABEL)
        offset = message.take("offset", Integer(min=0))
        limit = message.take("limit", Integer(min=1, max=MAX_PAGE))
        found = self._labelled(label)
        page = [
            {"id": instance["id"], "thumbnail": instance.get("thumbnail") or ""}
            for instance in found[offset : offset + limit]
        ]
        answer = {"request": message.take("request", Integer(min=0)), "label": label}
        self.send({"kind": "items", **answer, "offset": offset, "total": len(found), "items": page})

    def _synced(self) -> Mapping[str, Stream[Any]]:
        return {
            "name": Stream(self._dataset.name),
            "where": Stream(self._dataset.where),
            "counts": self._counts,
            "revision": self._revision,
            "undoable": self._undoable,
        }

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return {
            "items": self._on_items,
            "relabel": self._on_relabel,
            "rename": self._on_rename,
            "remove": self._on_remove,
            "remove_label": self._on_remove_label,
            "undo": lambda _: self.undo(),
        }

    def _summary(self) -> list[tuple[str, object]]:
        return [("dataset", self._dataset), ("where", self._dataset.where)]

    def _picture_html(self) -> str:
        parts = []
        for label, count in self._dataset.label_counts().items():
            thumbnails = [i["thumbnail"] for i in self._labelled(label) if i.get("thumbnail")]
            pictures = "".join(
                f"<img alt='' src='{url}'>" for url in thumbnails[:STATIC_THUMBNAILS]
            )
            parts.append(f"<p>{html.escape(label)}: {count}<br>{pictures}</p>")
        return "".join(parts)


def _ids(message: Message) -> list[str]:
    ids = message.content.get("ids")
    if not (
        isinstance(ids, list) and 0 < len(ids) <= MAX_IDS and all(isinstance(i, str) for i in ids)
    ):
        raise MessageRejected(f"ids: expected a list of identifiers, got {ids!r:.80}")
    return ids


def _plural(count: int) -> str:
    return f"{count} instance{'' if count == 1 else 's'}"
