"""What the models have in common that may consist of Keras layers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from marcelle_nb.formats.describe import describe_also
from marcelle_nb.formats.description import TOLD
from marcelle_nb.formats.detect import TFJS
from marcelle_nb.formats.load import load
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.models.file_contents import downloaded, loaded_contents, told_beside
from marcelle_nb.models.layer_rows import layer_rows
from marcelle_nb.models.packed_model import RESERVED, PackedModel
from marcelle_nb.models.storable_model import StorableModel
from marcelle_nb.models.summary_table import SummaryTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import keras

    from marcelle_nb.formats.loaded_model import LoadedModel


class LayeredModel(StorableModel):
    """A model that files of any format can be read into, and whose layers can be looked at."""

    service_name = "tfjs-models"
    reserved = RESERVED | {*TOLD}

    @property
    @abstractmethod
    def keras_model(self) -> keras.Model | None:
        """The Keras model; None where there is none, or none yet."""

    @property
    def layers(self) -> list[keras.Layer]:
        """The layers; none before the model is built."""
        return [] if self.keras_model is None else list(self.keras_model.layers)

    @property
    def input_layers(self) -> list[keras.Layer]:
        """The layers that inputs go into; none of a subclassed model, which does not tell."""
        return _ends(self.keras_model, "inputs")

    @property
    def output_layers(self) -> list[keras.Layer]:
        """The layers that outputs come from; none of a subclassed model, which does not tell."""
        return _ends(self.keras_model, "outputs")

    def summary(self) -> str:
        """Describe every layer as text: the rows of `summary_table`."""
        model = self.keras_model
        if model is None:
            return "not built yet: train it, or call build(input_shape, labels)"
        return layer_rows(model).text()

    def summary_table(self) -> SummaryTable:
        """Describe every layer in a table that is renewed when the model changes."""
        return SummaryTable(self)

    # Loading

    def load_from_files(
        self, files: Any, *, format: str | None = None, trust: bool = False, wait: bool = True
    ) -> None:
        """Load a model; what was loaded before is gone when it is there.

        Parameters
        ----------
        files : path, or iterable of paths, open binary files and (name, bytes)
            All files of one model, in any order, or one archive of them. A path to a model's main
            file or folder finds the rest beside it. What `file_upload().files` emits.
        format : str, optional
            By default what the files look like; see `marcelle_nb.load`.
        trust : bool
            Open also what could run code. Only for files that you made yourself.
        wait : bool
            False: return at once, and load in the background; `predict` waits for it. An error then
            shows in the widget and in `training` alone.

        Raises
        ------
        ModelFormatError
            If they are no model; `UnsafeModel` where `trust` would help.
        UnsupportedByModel
            If it only predicts, and this one is for training.
        FileNotFoundError
            If there is nothing at a path.
        ValueError
            If the model does not do what this one is for: takes no pictures, or has more or fewer
            classes than there are labels.
        AlreadyTraining
            If a run is active.
        TypeError
            If something is neither a path nor a file.

        Notes
        -----
        Thread: any. One file is read at a time; of several that are asked for meanwhile only the
        last is read.
        """
        options = {"format": format, "trust": trust}
        self._load(lambda: self._opened(files, **options), {"source": "file"}, wait=wait)

    def load_from_url(
        self,
        url: str,
        *,
        format: str | None = None,
        sha256: str | Mapping[str, str] | None = None,
        allow_http: bool = False,
        trust: bool = False,
        wait: bool = True,
    ) -> None:
        """Fetch a model from an address, or take it from the cache; see `load_from_files`.

        Parameters
        ----------
        url : str
            Of a model's main file, of a zip archive, of a folder with a `model.json`, or a link to
            a model of Teachable Machine: https, http to this machine, or `file:`.
        format : str, optional
            By default what the file looks like; see `marcelle_nb.load`.
        sha256 : str, or dict of str to str, optional
            The checksum of the file, or of each by name; see `marcelle_nb.load`. A file with a
            checksum that was fetched once is taken from this machine without asking anybody: for a
            class whose network may be off. Without one, the server is asked for a newer version;
            where it does not answer, the file of the same address from before is used, with a
            warning.
        allow_http : bool
            Fetch over http from another machine, as a teacher's laptop, without a checksum.
        trust : bool
            Open also what could run code. Only for files that you made yourself.
        wait : bool
            False: return at once; see `load_from_files`.

        Raises
        ------
        DownloadRefused
            If it cannot be fetched, or its checksum differs.
        ModelFormatError
            If it is no model; `UnsafeModel` where `trust` would help.
        ValueError
            If the model does not do what this one is for.

        Notes
        -----
        Thread: any.
        """
        options = {"format": format, "sha256": sha256, "allow_http": allow_http, "trust": trust}
        source = {"source": "url", "url": url}
        self._load(lambda: self._opened(url, **options), source, wait=wait)

    @abstractmethod
    def _opened(self, source: Any, **options: Any) -> Any:
        """Load a model from what `marcelle_nb.load` takes; give what was learned."""

    @abstractmethod
    def _network(self, loaded: LoadedModel) -> Any:
        """Put a model to use that was loaded."""

    # Outside the kernel

    def _unpack(self, packed: PackedModel) -> Any:
        return self._network(loaded_contents(packed))

    def _to_files(self, packed: PackedModel, name: str) -> dict[str, bytes]:
        return downloaded(packed, name)

    def _from_files(self, files: Mapping[str, bytes]) -> PackedModel:
        return self._pack(self._read_files([*files.items()])[0])

    def _read_files(self, files: Sequence[Any]) -> tuple[Any, PackedModel]:
        loaded = load(ModelFiles.open(files[0] if len(files) == 1 else files))
        told = told_beside(loaded)
        describe_also(loaded, told, "metadata")
        fitted = self._network(loaded)
        about = PackedModel(_format(loaded), self._own_metadata(fitted))
        return fitted, about.with_metadata(told, self.reserved)


def _format(loaded: LoadedModel) -> str:
    return TFJS if loaded.format.startswith(TFJS) else loaded.format


def _ends(model: Any, which: str) -> list[keras.Layer]:
    tensors = getattr(model, which, None) or []
    return list(dict.fromkeys(tensor._keras_history.operation for tensor in tensors))
