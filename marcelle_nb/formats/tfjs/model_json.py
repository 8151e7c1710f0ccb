"""The `model.json` of a TensorFlow.js model, its fields checked and named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.json_document import MAX_BYTES, parse_json
from marcelle_nb.formats.tfjs.weights_manifest import WeightGroup, parse_manifest

if TYPE_CHECKING:
    from marcelle_nb.formats.model_files import ModelFiles


@dataclass(frozen=True)
class ModelJson:
    """What a `model.json` says.

    Attributes
    ----------
    name : str
        The file's name.
    kind : str
        `"layers"` or `"graph"`.
    topology : dict
        Of layers, the configuration as Keras writes it; of a graph, a `GraphDef` as JSON.
    groups : tuple of WeightGroup
        Empty where the file tells of no weights.
    training_config : dict or None
    signature : dict or None
        Names of inputs and outputs; an older one under `userDefinedMetadata` comes first, as in
        TensorFlow.js.
    user_defined_metadata : dict or None
    initializer, initializer_signature : dict or None
        A graph that fills hash tables.
    generated_by, converted_by : str or None
    marcelle : dict or None
        What Marcelle adds: name, labels, `tfjsModelFormat`.
    raw : dict
        The whole document.
    """

    name: str
    kind: str
    topology: dict[str, Any]
    groups: tuple[WeightGroup, ...]
    training_config: dict[str, Any] | None
    signature: dict[str, Any] | None
    user_defined_metadata: dict[str, Any] | None
    initializer: dict[str, Any] | None
    initializer_signature: dict[str, Any] | None
    generated_by: str | None
    converted_by: str | None
    marcelle: dict[str, Any] | None
    raw: dict[str, Any]

    @classmethod
    def read(cls, files: ModelFiles, name: str) -> ModelJson:
        """Read a `model.json`, whatever its name; Marcelle's are called after the model.

        Parameters
        ----------
        files : ModelFiles
        name : str
            Of the file among them.

        Raises
        ------
        ModelFormatError
            If it is no JSON, no TensorFlow.js model, or a field is of another kind.
        """
        raw = parse_json(files.read(name, MAX_BYTES), name)
        if not isinstance(raw, dict) or not isinstance(raw.get("modelTopology"), dict):
            raise ModelFormatError(
                f"{name}: expected a TensorFlow.js model with 'modelTopology', "
                f"got {_described(raw)}"
            )
        objects = {
            key: _optional(raw, key, dict, name)
            for key in (
                "marcelle",
                "trainingConfig",
                "signature",
                "userDefinedMetadata",
                "modelInitializer",
                "initializerSignature",
            )
        }
        metadata = objects["userDefinedMetadata"]
        older = _optional(metadata or {}, "signature", dict, f"{name}: userDefinedMetadata")
        manifest = raw.get("weightsManifest")
        return cls(
            name=name,
            kind=_kind(raw, name),
            topology=raw["modelTopology"],
            groups=() if manifest is None else tuple(parse_manifest(manifest, name)),
            training_config=objects["trainingConfig"],
            signature=older or objects["signature"],
            user_defined_metadata=metadata,
            initializer=objects["modelInitializer"],
            initializer_signature=objects["initializerSignature"],
            generated_by=_text(raw, "generatedBy"),
            converted_by=_text(raw, "convertedBy"),
            marcelle=objects["marcelle"],
            raw=raw,
        )

    @property
    def about(self) -> dict[str, Any]:
        """What the file says of itself beside the model, under its own keys."""
        keys = ("generatedBy", "convertedBy", "userDefinedMetadata", "marcelle")
        return {key: self.raw[key] for key in keys if self.raw.get(key) is not None}


def _kind(raw: dict[str, Any], name: str) -> str:
    """Tell layers from graphs; files from Marcelle, and old ones, have no `format`."""
    marcelle = raw.get("marcelle") or {}
    said = raw.get("format") or marcelle.get("tfjsModelFormat")
    if said in ("layers-model", "graph-model"):
        return str(said).removesuffix("-model")
    if said is not None:
        raise ModelFormatError(
            f"{name}: expected the format 'layers-model' or 'graph-model', got {said!r:.60}"
        )
    return "graph" if "node" in raw["modelTopology"] else "layers"


def _optional(
    raw: dict[str, Any], key: str, kind: type[dict[str, Any]], what: str
) -> dict[str, Any] | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, kind):
        raise ModelFormatError(f"{what}: expected an object {key!r}, got {type(value).__name__}")
    return value


def _text(raw: dict[str, Any], key: str) -> str | None:
    value = raw.get(key)
    return value if isinstance(value, str) else None


def _described(raw: Any) -> str:
    if not isinstance(raw, dict):
        return type(raw).__name__
    keys = ", ".join(f"{key!a:.40}" for key in [*raw][:10])
    return f"an object with the keys {keys}" if raw else "an empty object"
