"""What the models have in common of which files can be made."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from marcelle_nb.data.json_values import checked_document
from marcelle_nb.data.replaced_file import replace_file
from marcelle_nb.errors import ModelFormatError, UnsupportedByModel
from marcelle_nb.models.loadable_model import LoadableModel
from marcelle_nb.models.model_file_name import model_file_name
from marcelle_nb.models.packed_model import RESERVED
from marcelle_nb.models.stored_model import StoredModel
from marcelle_nb.models.uploaded_model import uploaded_model

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from marcelle_nb.models.packed_model import PackedModel
    from marcelle_nb.models.web_model import WebModel


class PackableModel(LoadableModel):
    """A model of which files can be made, and that can be made of files.

    A subclass says in four hooks how what it learned is put into a `PackedModel` and taken out of
    one, and into which files; everything else is here.
    """

    file_stem: ClassVar[str]
    """What Marcelle calls the downloaded files."""

    is_packable: ClassVar[bool] = True
    """Whether a document or a file can hold what it learns."""

    reserved: ClassVar[frozenset[str]] = RESERVED
    """Keys of metadata that only the model itself says."""

    def download(
        self,
        folder: str | os.PathLike[str] | Mapping[str, Any] = ".",
        metadata: Mapping[str, Any] | None = None,
    ) -> list[Path]:
        """Write the files that Marcelle uploads, here and in the browser.

        Parameters
        ----------
        folder : path
            Made where there is none; files of the same names are replaced. A dictionary in its
            place is `metadata`, as in Marcelle, and the folder the one that Python works in.
        metadata : dict, optional
            As for `save`.

        Returns
        -------
        list of Path
            The `.json` first.

        Raises
        ------
        UnsupportedByModel
            If it has learned nothing yet, or no file can hold it.
        BadRequest
            If the metadata are no values of JSON, as for `save`.
        OSError
            If they cannot be written.
        """
        if isinstance(folder, Mapping):
            if metadata is not None:
                raise TypeError(f"download: expected metadata once, got also {metadata!r:.80}")
            metadata, folder = folder, "."
        place = Path(folder).expanduser()
        files = self._files(metadata)
        for name in reversed(files):  # the one that names the others comes last
            replace_file(place / name, files[name])
        return [place / name for name in files]

    def upload(self, *files: Any) -> StoredModel:
        """Replace what was learned by a model in files, of `download` or of Marcelle.

        Parameters
        ----------
        *files : path, open binary file, or (name, bytes)
            All that belongs to one model; beside a single path the others are looked for. Several
            are told apart by their names: an `io.BytesIO` is given as (name, bytes) then.

        Returns
        -------
        StoredModel
            What the files say of it, with `id` None.

        Raises
        ------
        ModelFormatError
            If they are no model of this kind. The model is as it was.
        FileNotFoundError
            If there is nothing at a path.
        AlreadyTraining
            If a run is active.
        """
        _refuse_nameless(files)
        found: list[PackedModel] = []

        def read() -> Any:
            fitted, packed = self._read_files(files)
            found.append(packed)
            return fitted

        self._load(read, {"source": "file"})
        if not found:
            read()
        return StoredModel(None, self.file_stem, [], found[0].format, found[0].description)

    # What a subclass says

    @abstractmethod
    def _pack(self, fitted: Any) -> PackedModel:
        """Say what was learned; `ModelFormatError` or `UnsupportedByModel` where it cannot be."""

    @abstractmethod
    def _unpack(self, packed: PackedModel) -> Any:
        """Make what was learned; it comes from outside: `ModelFormatError` unless all is well."""

    @abstractmethod
    def _to_files(self, packed: PackedModel, name: str) -> dict[str, bytes]:
        """Give the files, by name, that a download of this name has; the main one first."""

    @abstractmethod
    def _from_files(self, files: Mapping[str, bytes]) -> PackedModel:
        """Read what `_to_files` made, or Marcelle; `ModelFormatError` unless all is well."""

    def _pack_for_files(self, fitted: Any) -> PackedModel:
        """Say what was learned as far as a download holds it."""
        return self._pack(fitted)

    def _own_metadata(self, fitted: Any) -> dict[str, Any]:
        """Give what the model itself says beside what was learned."""
        return self._pack(fitted).metadata

    def _made_with(self) -> dict[str, Any]:
        """Give what the class is made with elsewhere, to predict the same: values of JSON."""
        return self.parameters.to_dict()

    # Within

    def _packed(self, what: str, metadata: Mapping[str, Any] | None = None) -> PackedModel:
        """Pack what was learned, with metadata of a caller's."""
        if self._fitted is None:
            raise self._nothing(what)
        return self._pack(self._fitted).with_metadata(metadata, self.reserved)

    def _files(self, metadata: Mapping[str, Any] | None = None) -> dict[str, bytes]:
        if metadata is not None and not hasattr(metadata, "items"):
            raise TypeError(f"metadata: expected a dictionary, got {metadata!r:.80}")
        checked_document({"metadata": dict(metadata or {})}, "model")  # the same as of `save`
        if self._fitted is None:
            raise self._nothing("download")
        packed = self._pack_for_files(self._fitted).with_metadata(metadata, self.reserved)
        return self._to_files(packed, self._files_name())

    def _files_name(self) -> str:
        """Give the name of a download, without an ending."""
        is_renamed = self.title != type(self).title
        return model_file_name(self.title if is_renamed else self.file_stem)

    def _web_model(self) -> WebModel:
        fitted = self._fitted_now()
        if fitted is None:
            raise self._nothing("publish")
        return self._to_web(fitted)

    def _to_web(self, fitted: Any) -> WebModel:  # noqa: ARG002 - that of a subclass takes it
        """Give what was learned as web pages run it, where they can."""
        return super()._web_model()

    def _read_files(self, files: Sequence[Any]) -> tuple[Any, PackedModel]:
        """Read an upload: what was learned, and what the files say of it."""
        packed = self._from_files(uploaded_model(files))
        return self._unpack(packed), packed

    def _nothing(self, what: str) -> UnsupportedByModel:
        return UnsupportedByModel(
            f"{self.title}: expected a trained model, got {what} of one that has learned"
            " nothing: train or load it first"
        )


def _refuse_nameless(files: Sequence[Any]) -> None:
    if len(files) < 2:
        return
    for place, file in enumerate(files, 1):
        is_bytes = isinstance(file, bytes | bytearray | memoryview)
        is_open = hasattr(file, "read") and not isinstance(getattr(file, "name", None), str)
        if is_bytes or is_open:
            raise ModelFormatError(
                f"files: expected a name for each of {len(files)}, one of which names the others,"
                f" got none for number {place}: give (name, bytes)"
            )
