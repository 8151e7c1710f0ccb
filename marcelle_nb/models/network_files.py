"""What the networks have in common outside the kernel: files of TensorFlow.js."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tfjs.model_json import ModelJson
from marcelle_nb.formats.tfjs.weights import read_weights
from marcelle_nb.models.file_contents import refuse_no_files
from marcelle_nb.models.finite_numbers import checked_weights
from marcelle_nb.models.packed_model import PackedModel
from marcelle_nb.models.storable_model import StorableModel
from marcelle_nb.models.tfjs_network import MAIN, NOT_OF_THE_MODEL, TfjsNetwork
from marcelle_nb.models.web_model import WebModel, vector_input

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "tfjs"


class NetworkFiles(StorableModel):
    """A model that is stored and downloaded as a layers model of TensorFlow.js.

    A subclass makes a `TfjsNetwork` of what it learned and gives it to `_network_pack`, and finds
    one again with `_network_of`.
    """

    service_name = "tfjs-models"

    def _network_pack(self, network: TfjsNetwork, metadata: Mapping[str, Any]) -> PackedModel:
        told = {key: value for key, value in metadata.items() if value is not None}
        return PackedModel(FORMAT, {"tfjsModelFormat": "layers-model", **told}, network.files)

    def _network_of(self, packed: PackedModel) -> TfjsNetwork:
        """Give the network, its files checked; `ModelFormatError` where it is none."""
        if packed.format != FORMAT:
            raise ModelFormatError(f"format: expected {FORMAT!r}, got {packed.format!r:.60}")
        refuse_no_files(packed)
        network = TfjsNetwork.from_files(packed.files)
        held = ModelFiles(network.files)
        weights = read_weights(held, MAIN, ModelJson.read(held, MAIN).groups)
        checked_weights(weights.items())
        return network

    def _to_web(self, fitted: Any) -> WebModel:
        packed = self._pack_for_files(fitted)
        network = self._network_of(packed)
        told = {k: v for k, v in packed.metadata.items() if k not in NOT_OF_THE_MODEL}
        files = network.download("model", told)
        labels = packed.metadata.get("labels")
        about = {
            "task": "regression" if labels is None else "classification",
            "labels": labels or [],
            "answers": "numbers" if labels is None else "softmax",
            "input": vector_input(fitted.n_features, packed.metadata.get("features")),
        }
        return WebModel.of_files(files, about)

    def _to_files(self, packed: PackedModel, name: str) -> dict[str, bytes]:
        told = {k: v for k, v in packed.metadata.items() if k not in NOT_OF_THE_MODEL}
        return self._network_of(packed).download(name, told)

    def _from_files(self, files: Mapping[str, bytes]) -> PackedModel:
        network = TfjsNetwork.from_files(files)
        if not network.marcelle:
            raise ModelFormatError(
                f"{network.document.name}: expected 'marcelle', with the labels, beside the"
                " network, got none: it is not from Marcelle"
            )
        told = {k: v for k, v in network.marcelle.items() if k not in NOT_OF_THE_MODEL}
        return self._network_pack(network, told)
