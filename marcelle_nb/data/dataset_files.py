"""From datasets to files, and from files to datasets."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from marcelle_nb.data.dataset_csv import read_csv
from marcelle_nb.data.dataset_source import DatasetSource, Given
from marcelle_nb.data.dataset_transfer import check_files, create_all, write_file
from marcelle_nb.data.image_folder import ImageFolder
from marcelle_nb.data.import_report import ImportReport
from marcelle_nb.data.shown_list import ShownList

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from marcelle_nb.data.collection import Collection
    from marcelle_nb.data.dataset_undo import DatasetUndo


class DatasetFiles:
    """What a dataset does with files.

    `undo` takes the last upload or import back, as long as nothing else can be undone since.
    """

    _collection: Collection
    _undo: DatasetUndo

    def download(self, folder: str | os.PathLike[str] = ".", format: str = "json") -> Path:
        """Write all instances to a new file, which is there when it is whole.

        Parameters
        ----------
        folder : path
            Where to; made where there is none.
        format : "json", "zip" or "csv"
            As Marcelle's, with images as JPEG; an archive, which keeps arrays and images exactly;
            a table of labels and vectors.

        Returns
        -------
        Path
            The file, `dataset (<name>)-<date>.<format>`.
        """
        return write_file(self._collection, folder, format)

    def upload(self, *files: Given) -> list[str]:
        """Add the instances in files that `download` or Marcelle wrote: all of them, or none.

        Parameters
        ----------
        *files : path, open binary file, or (name, bytes)
            Of the forms of `download`. Their ids, dates and names of datasets are not taken over.

        Returns
        -------
        list of str
            The new identifiers.

        Raises
        ------
        DatasetFormatError
            If a file is of another form.
        InstanceRejected
            If something in one is no instance; the message names the file and the instance.
        """
        with ExitStack() as stack:
            sources = [stack.enter_context(closing(DatasetSource(file))) for file in files]
            check_files([(source.name, source) for source in sources], self._collection.name)
            rows = (row for source in sources for row in source)
            ids = self._undo.importing(partial(create_all, self._collection, rows))
        return ShownList(ids)

    def from_csv(
        self, file: Given, label: str | None = None, columns: Sequence[str] | None = None
    ) -> ImportReport:
        """Add the rows of a table with a header.

        Parameters
        ----------
        file : path, open binary file, or (name, bytes)
            UTF-8; separated by commas, semicolons or tabs.
        label : str, optional
            The column of labels; without, one called y, label, class or target.
        columns : sequence of str, optional
            The columns of numbers, in the order wanted; without, all but the label's.

        Raises
        ------
        DatasetFormatError
            If it is no such table; the line is named. Then nothing is added.
        """
        read: Callable[[IO[bytes]], Any] = partial(read_csv, label=label, columns=columns)
        with closing(DatasetSource(file, read)) as source:
            check_files([(source.name, source)], self._collection.name)
            ids = self._undo.importing(partial(create_all, self._collection, source))
        return ImportReport(ids)

    def from_folder(
        self, path: str | os.PathLike[str], process: Callable[[Any], Any] | None = None
    ) -> ImportReport:
        """Add the pictures in the folders of a folder; the name of each folder is a label.

        Parameters
        ----------
        path : path
            See `ImageFolder`.
        process : function, optional
            What makes `x` of a picture, as `image_features().process`; without, it is the picture.

        Returns
        -------
        ImportReport
            `ids`, and `broken`: the files that were left out, but for hidden ones, and why.
        """
        folder = ImageFolder(path, process)
        ids = self._undo.importing(partial(create_all, self._collection, folder))
        return ImportReport(ids, dict(folder.broken))
