"""Files of any kind, dropped or picked in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.component import Component
from marcelle_nb.file_receiver import FileReceiver
from marcelle_nb.kinds import Integer
from marcelle_nb.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from marcelle_nb.message import Message
    from marcelle_nb.received_file import ReceivedFile


class FileUpload(Component):
    """Takes files in the page and emits them in the kernel, those of one drop at once.

    They are sent in pieces, so that neither their size nor a slow network matters; of a folder that
    is dropped, all files come, with their places in it.

    Parameters
    ----------
    max_bytes : int
        What the files of one drop may have together; they are held in the kernel's memory.

    Attributes
    ----------
    files : Stream of list of ReceivedFile
        An event for each drop or choice, as Marcelle's: a list of pairs of name and content. What a
        subscriber raises shows in the widget.

    Examples
    --------
    >>> upload = FileUpload()
    >>> undo = upload.files.subscribe(lambda files: print([file.name for file in files]))
    """

    view = "file_upload"

    def __init__(self, max_bytes: int = 500_000_000) -> None:
        super().__init__()
        self.max_bytes = Integer(min=1).check("max_bytes", max_bytes)
        self.files: Stream[list[ReceivedFile]] = self._stream(hold=False)
        self._receiver = FileReceiver(self.send, self._take, self.max_bytes)
        self._ends.append(self._receiver.close)
        self._count = 0

    def _take(self, files: list[ReceivedFile]) -> None:
        self._count += len(files)
        self._clear_alert(at_once=True)
        self.files.set(files)

    def _synced(self) -> dict[str, Stream[Any]]:
        return {"max_bytes": Stream(self.max_bytes)}

    def _handlers(self) -> dict[str, Callable[[Message], object]]:
        return self._receiver.handlers()

    def _summary(self) -> list[tuple[str, object]]:
        return [("files", self._count), ("limit", f"{self.max_bytes / 1e6:,.0f} MB")]
