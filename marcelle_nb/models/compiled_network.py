"""A network of fixed size as TensorFlow Lite runs it, which is quickest for one picture."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from marcelle_nb.errors import DownloadRefused, ModelFormatError
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.formats.quiet_warnings import quiet_warnings
from marcelle_nb.formats.tflite.interpreter import allocate, interpreter_class, refused
from marcelle_nb.formats.tflite.model_structure import ModelStructure
from marcelle_nb.formats.tflite.structure_check import check_structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_NAME = "network.tflite"
_MOST_THREADS = 4  # one picture does not keep more of them busy


class CompiledNetwork:
    """Runs a TensorFlow Lite file with one input.

    Parameters
    ----------
    data : bytes
        The file.
    what : str
        What messages call it.

    Raises
    ------
    ModelFormatError
        If it cannot be read or run.

    Notes
    -----
    Thread: any, one at a time.
    """

    def __init__(self, data: bytes, what: str) -> None:
        check_structure(ModelStructure.read(data, what), what)  # before native code sees it
        n_threads = max(1, min(_MOST_THREADS, os.cpu_count() or 1))
        with quiet_warnings():
            try:
                self._interpreter = interpreter_class()(model_content=data, num_threads=n_threads)
                allocate(self._interpreter)
            except (ValueError, RuntimeError) as error:
                raise refused(what, error) from error
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise ModelFormatError(f"{what}: expected one input, got {len(inputs)}")
        self._input = inputs[0]["index"]
        self._outputs = [each["index"] for each in self._interpreter.get_output_details()]
        self._lock = threading.Lock()

    @classmethod
    def of(cls, build: Callable[[], Any], key: str, *, is_pinned: bool = False) -> Self:
        """Convert a function, or take it from a cache if that was done before.

        Where the shared cache cannot be written, the user's own keeps it.

        What a cache has is told by a note in the same cache, not by the checksum of the weights:
        who may write there may put another network in its place.

        Parameters
        ----------
        build : callable
            Gives a `tf.function` with an input signature; called only where it must be converted.
        key : str
            Tells its weights and what is made of them.
        is_pinned : bool
            Whether the user gave the checksum of the weights. Then only the user's own cache is
            used, whatever `MARCELLE_NB_CACHE` names: others may write there. Where the own one
            cannot be written, each start converts anew, which takes seconds.
        """
        note = f"compiled {key}"
        caches = [ModelCache.of_user()] if is_pinned else _caches()
        for cache in caches:
            kept = cache.find((cache.remembered(note) or {}).get("sha256"), _NAME)
            if kept is not None:
                with suppress(ModelFormatError, OSError):  # a note tells anything
                    return cls(kept.read_bytes(), key)
        data = _written(build)
        network = cls(data, key)
        for cache in caches:
            # a cache for reading alone, or a full disk
            with suppress(DownloadRefused, OSError), cache.workspace() as space:
                (space / _NAME).write_bytes(data)
                digits, _ = cache.add(space / _NAME, _NAME)
                cache.remember(note, {"sha256": digits})
                break
        return network

    def run(self, values: NDArray[Any]) -> list[NDArray[Any]]:
        """Give the outputs for one input."""
        with self._lock:
            self._interpreter.set_tensor(self._input, values)
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(index) for index in self._outputs]


def _caches() -> list[ModelCache]:
    """Give where networks are looked for: a shared cache may be for reading alone."""
    shared, own = ModelCache(), ModelCache.of_user()
    return [shared] if shared.folder == own.folder else [shared, own]


def _written(build: Callable[[], Any]) -> bytes:
    from marcelle_nb.formats.tflite.writer import write_tflite

    with tempfile.TemporaryDirectory(prefix="marcelle-nb-") as folder:
        path = Path(folder) / _NAME
        write_tflite(build(), path)
        return path.read_bytes()
