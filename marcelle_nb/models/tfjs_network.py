"""The files of a network as Marcelle 0.6.5 writes and reads them: model.json and weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import parse_json
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAIN, WEIGHTS = "model.json", "model.weights.bin"
"""What the two files are called in a store."""

NOT_OF_THE_MODEL = ("type", "name", "tfjsModelFormat")
"""What Marcelle says in the first file of the file alone."""


@dataclass(frozen=True)
class TfjsNetwork:
    """The two files of a model of TensorFlow.js.

    Attributes
    ----------
    document : ModelJson
        What the first says, checked.
    weights : bytes
        The second: all weights one after another.
    """

    document: ModelJson
    weights: bytes

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> TfjsNetwork:
        """Read the files of one model, in any order and of any number.

        Raises
        ------
        ModelFormatError
            If they are not all that belongs to one, or more; or are too short or too long.
        """
        held = ModelFiles(files)
        main = _main(held)
        document = ModelJson.read(held, main)
        if document.kind != "layers":
            raise ModelFormatError(f"{main}: expected a layers model, got a graph model")
        if not document.groups:
            raise ModelFormatError(f"{main}: expected weights beside the topology, got none")
        names = [held.beside(main, path) for group in document.groups for path in group.paths]
        others = sorted(set(held.names) - {main, *names})
        if others:
            raise ModelFormatError(
                f"files: expected {main} and the weights that it names, got {others[0]!r:.80} too"
            )
        needed = sum(spec.nbytes for group in document.groups for spec in group.specs)
        weights = b"".join(held.read(name) for name in names)
        if len(weights) != needed:
            raise ModelFormatError(
                f"{main}: expected {needed:,} bytes of weights, got {len(weights):,}:"
                " the files are not of one model, or damaged"
            )
        return cls(document, weights)

    @classmethod
    def of_any(cls, files: ModelFiles, main: str) -> TfjsNetwork:
        """Take the files of a model that was loaded, of layers or a graph, from among others."""
        document = ModelJson.read(files, main)
        names = [files.beside(main, path) for group in document.groups for path in group.paths]
        return cls(document, b"".join(map(files.read, names)))

    @classmethod
    def of_topology(
        cls, topology: Mapping[str, Any], specs: Sequence[Mapping[str, Any]], weights: bytes
    ) -> TfjsNetwork:
        """Put a layers model together.

        Parameters
        ----------
        topology : dict
            As it stands in the first file.
        specs : sequence of dict
            `name`, `shape` and `dtype` of each weight.
        weights : bytes
            All of them, in this order.
        """
        manifest = [{"paths": [f"./{WEIGHTS}"], "weights": list(specs)}]
        text = _text({"modelTopology": topology, "weightsManifest": manifest})
        return cls.from_files({MAIN: text, WEIGHTS: weights})

    @property
    def marcelle(self) -> dict[str, Any]:
        """What Marcelle adds to the first file: name, labels, and what its user told."""
        return self.document.marcelle or {}

    @property
    def is_softmax(self) -> bool:
        """Whether the last layer gives shares that sum to 1, as of a classification."""
        topology = self.document.topology
        model: Any = topology.get("model_config", topology)
        config = model.get("config") if isinstance(model, dict) else None
        layers = config.get("layers") if isinstance(config, dict) else config
        last = layers[-1] if isinstance(layers, list) and layers else None
        if not isinstance(last, dict):
            return False
        told = last.get("config")
        is_activation = isinstance(told, dict) and told.get("activation") == "softmax"
        return is_activation or last.get("class_name") == "Softmax"

    @property
    def format(self) -> str:
        """What Marcelle calls it: "layers-model" or "graph-model"."""
        return f"{self.document.kind}-model"

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The files by the names that they have in a store, without what Marcelle adds."""
        return {MAIN: _text(self._raw(f"./{WEIGHTS}")), WEIGHTS: self.weights}

    def download(self, name: str, marcelle: Mapping[str, Any]) -> dict[str, bytes]:
        """Give the files that Marcelle uploads.

        Parameters
        ----------
        name : str
            Of the files, without endings.
        marcelle : mapping
            What is said of the model: labels, and what its user tells.
        """
        weights = f"{name}.weights.bin"
        told = {"type": "tfjs-model", "tfjsModelFormat": self.format, "name": name}
        document = self._raw(f"./{weights}") | {"marcelle": {**marcelle, **told}}
        return {f"{name}.json": _text(document), weights: self.weights}

    def _raw(self, path: str) -> dict[str, Any]:
        groups = self.document.raw.get("weightsManifest") or []
        entries = [entry for group in groups for entry in group["weights"]]
        rest = {key: it for key, it in self.document.raw.items() if key != "marcelle"}
        if self.document.kind == "graph":  # Marcelle asks for it where files are loaded
            rest["format"] = self.format
        return rest | {"weightsManifest": [{"paths": [path], "weights": entries}]}


def _main(files: ModelFiles) -> str:
    found = [name for name in files.names if name.lower().endswith(".json")]
    if len(found) != 1:
        raise ModelFormatError(
            f"files: expected one .json file and its weights, got {len(found)}"
            f" among {', '.join(files.names)!r:.200}"
        )
    return found[0]


def _text(document: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        data = text.encode()
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"model.json: expected what JSON can say, got {error}") from error
    parse_json(data, MAIN)  # what is written is read again
    return data
