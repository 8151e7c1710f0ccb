"""The files that a loaded model consists of: packed, read again, and as they are downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.describe import describe_also
from marcelle_nb.formats.description import KEY, description_json, parse_description
from marcelle_nb.formats.detect import FORMATS, SAVED_MODEL, TFJS
from marcelle_nb.formats.load import load
from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.sidecar import sidecar_name
from marcelle_nb.models.model_parcel import zipped
from marcelle_nb.models.packed_model import MAX_BYTES, PackedModel
from marcelle_nb.models.tfjs_network import MAIN, NOT_OF_THE_MODEL, TfjsNetwork

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marcelle_nb.formats.loaded_model import LoadedModel

_ENDINGS = {"keras": "keras", "h5": "h5", "frozen-graph": "pb", "tflite": "tflite", "onnx": "onnx"}
_SAVED = ("variables/", "assets/", "assets.extra/")
_SAVED_FILES = {SAVED_MODEL, "fingerprint.pb", "keras_metadata.pb"}


def contents_of(model: LoadedModel) -> PackedModel | None:
    """Give the files of a model that was loaded from `ModelFiles`, those of others left out.

    Returns
    -------
    PackedModel or None
        With no word about the model but its format. None where nobody knows its files, or they are
        too large to be packed.
    """
    if model.source is None:
        return None
    files, main = model.source
    names = _names(model.format, files, main)
    if sum(files.size(name) for name in names) > MAX_BYTES:
        return None
    if model.format.startswith(TFJS):
        network = TfjsNetwork.of_any(files, main)
        return PackedModel(TFJS, {"tfjsModelFormat": network.format}, network.files)
    folder = f"{main.rpartition('/')[0]}/" if "/" in main else ""
    held = {name.removeprefix(folder): files.read(name) for name in names}
    if model.format != "saved-model":
        held[_main(model.format)] = held.pop(main.removeprefix(folder))
    return PackedModel(model.format, {}, held)


def _names(kind: str, files: ModelFiles, main: str) -> list[str]:
    if kind == "saved-model":
        folder = f"{main.rpartition('/')[0]}/" if "/" in main else ""
        own = {name: name.removeprefix(folder) for name in files.names if name.startswith(folder)}
        return [n for n, inside in own.items() if inside in _SAVED_FILES or _is_saved(inside)]
    if kind == "onnx":
        from marcelle_nb.formats.onnx_models.external_data import external_names

        return [main, *external_names(files.read(main), files, main)]
    return [main]


def _is_saved(name: str) -> bool:
    return name.startswith(_SAVED)


def _main(kind: str) -> str:
    return SAVED_MODEL if kind == "saved-model" else f"model.{_ENDINGS[kind]}"


def loaded_contents(packed: PackedModel) -> LoadedModel:
    """Load a packed model, which comes from outside; what is said beside its files counts.

    Raises
    ------
    ModelFormatError
        If it is none that can be read; `UnsafeModel` where it could run code.
    """
    if packed.format not in (TFJS, *FORMATS):
        raise ModelFormatError(
            f"format: expected one of {', '.join((TFJS, *FORMATS))}, got {packed.format!r:.60}"
        )
    refuse_no_files(packed)
    model = load(ModelFiles(packed.files), format=packed.format)
    describe_also(model, packed.metadata, "metadata")
    return model


def refuse_no_files(packed: PackedModel) -> None:
    """Say of a document of a server of Marcelle where its files are.

    Raises
    ------
    ModelFormatError
        If there are none in it.
    """
    if not packed.files:
        raise ModelFormatError(
            "files: expected them in the document, got none: they are where Marcelle's server"
            " keeps them; download them there and upload them here"
        )


def told_beside(model: LoadedModel) -> dict[str, Any]:
    """Give all that a download says of the model that was loaded from it, not checked."""
    if model.source is None:
        return {}
    files, main = model.source
    beside = sidecar_name(main)
    told: Any = model.metadata.get(KEY)
    if beside in files:
        told = parse_description(files.read(beside), beside)
    told = told if isinstance(told, dict) else {}
    return {key: value for key, value in told.items() if key not in NOT_OF_THE_MODEL}


def downloaded(packed: PackedModel, name: str) -> dict[str, bytes]:
    """Give the files to download, the main one first.

    TensorFlow.js as Marcelle has it; another format as its file, with a `.metadata.json`; or as a
    zip archive where it has several.

    Parameters
    ----------
    packed : PackedModel
    name : str
        Of the files, without endings.
    """
    told = {k: v for k, v in packed.metadata.items() if k not in NOT_OF_THE_MODEL}
    if packed.format == TFJS:
        return TfjsNetwork.of_any(ModelFiles(packed.files), MAIN).download(name, told)
    main = _main(packed.format)
    words = {sidecar_name(main): _json(told)} if told else {}
    if len(packed.files) > 1 or packed.format == "saved-model":
        return {f"{name}.zip": zipped(dict(sorted({**packed.files, **words}.items())))}
    (data,) = packed.files.values()
    named = f"{name}.{_ENDINGS[packed.format]}"
    return {named: data, **{sidecar_name(named): text for text in words.values()}}


def _json(told: Mapping[str, Any]) -> bytes:
    try:
        return description_json(told)
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"metadata: expected what JSON can say, got {error}") from error
