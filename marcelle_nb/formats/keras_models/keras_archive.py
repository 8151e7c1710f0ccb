"""The zip archive that a `.keras` file is, checked before anything in it is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.description import FILE, parse_description
from marcelle_nb.formats.file_names import safe_name
from marcelle_nb.formats.json_document import MAX_BYTES as MAX_JSON
from marcelle_nb.formats.json_document import parse_json

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = "model.weights.h5"
MAX_BYTES = 2**31
MAX_MEMBERS = 1_000

_MOST_PACKED = 100  # Keras does not compress; whoever zips again reaches a tenth
_FREE_BYTES = 64 * 2**20
_PACKINGS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@dataclass(frozen=True)
class KerasArchive:
    """What a `.keras` file holds.

    Attributes
    ----------
    config : dict
        The architecture and, under `compile_config`, the training.
    keras_version : str
        That wrote it; empty where it does not say.
    weights : bytes
        An HDF5 file.
    assets : dict of str to bytes
        Files of layers, as vocabularies, by their path below `assets`.
    about : dict or None
        What the file tells beyond the model, not checked; see `marcelle_nb.formats.description`.
    """

    config: dict[str, Any]
    keras_version: str
    weights: bytes
    assets: dict[str, bytes]
    about: dict[str, Any] | None = None

    @classmethod
    def read(cls, source: Path | bytes, what: str) -> KerasArchive:
        """Read an archive of which no member is larger than it says and a model may be.

        Raises
        ------
        ModelFormatError
            If it is no zip archive, is damaged, packs too much or lacks a part.
        """
        try:
            opened = source if not isinstance(source, bytes) else io.BytesIO(source)
            with zipfile.ZipFile(opened) as archive:
                size = archive.fp.seek(0, io.SEEK_END) if archive.fp else 0
                return cls._from(archive, size, what)
        except ModelFormatError:
            raise
        # the module reports damage as any of these
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError) as error:
            raise _damaged(what, error) from error
        except (RuntimeError, ValueError, EOFError, LookupError, MemoryError, zlib.error) as error:
            raise _damaged(what, error) from error

    @classmethod
    def _from(cls, archive: zipfile.ZipFile, size: int, what: str) -> KerasArchive:
        members = _checked(archive.infolist(), size, what)
        config = parse_json(_read(archive, members, "config.json", what), what, not_finite=True)
        metadata = parse_json(_read(archive, members, "metadata.json", what), what)
        if not isinstance(config, dict) or not isinstance(metadata, dict):
            raise ModelFormatError(f"{what}: expected a configuration, got {type(config).__name__}")
        if WEIGHTS not in members:
            raise ModelFormatError(f"{what}: expected weights in {WEIGHTS!r}, got none")
        prefix = "assets/"
        return cls(
            config=config,
            keras_version=str(metadata.get("keras_version", "")),
            weights=_read(archive, members, WEIGHTS, what),
            assets={
                name.removeprefix(prefix): _read(archive, members, name, what)
                for name in members
                if name.startswith(prefix)
            },
            about=(
                parse_description(_read(archive, members, FILE, what), f"{what}: {FILE}")
                if FILE in members
                else None
            ),
        )


def _checked(infos: list[zipfile.ZipInfo], size: int, what: str) -> dict[str, zipfile.ZipInfo]:
    members = {info.filename: info for info in infos if not info.is_dir()}
    if len(infos) > MAX_MEMBERS or len({info.filename for info in infos}) < len(infos):
        raise ModelFormatError(f"{what}: expected at most {MAX_MEMBERS:,} files, each once")
    for name in members:
        if safe_name(name) != name:
            raise ModelFormatError(f"{what}: expected files inside it, got {name!r:.100}")
    if any(info.compress_type not in _PACKINGS for info in infos):
        raise ModelFormatError(f"{what}: expected files packed by deflate or not at all")
    total = sum(info.file_size for info in members.values())
    # of the whole file: members may claim the same packed bytes again and again
    limit = min(MAX_BYTES, size * _MOST_PACKED + _FREE_BYTES)
    if total > limit:
        raise ModelFormatError(f"{what}: expected at most {limit:,} bytes in it, got {total:,}")
    return members


def _read(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str, what: str
) -> bytes:
    info = members.get(name)
    if info is None:
        raise ModelFormatError(f"{what}: expected {name!r} in it, got none")
    limit = MAX_JSON if name.endswith(".json") else MAX_BYTES
    if info.file_size > limit:
        raise ModelFormatError(f"{what}: {name}: expected at most {limit:,} bytes")
    with archive.open(info) as member:
        return member.read(info.file_size)


def _damaged(what: str, error: Exception) -> ModelFormatError:
    return ModelFormatError(f"{what}: expected a readable .keras file, got {error}"[:300])
