"""Damaged and hostile model files, made from good ones, and what loading each of them took.

`python -m tests.formats.hostile_files KIND FIRST COUNT` prints a report as JSON.
"""

from __future__ import annotations

import gc
import io
import json
import re
import sys
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats.model_files import ModelFiles
from tests.formats.mutator import Mutator

if TYPE_CHECKING:
    from collections.abc import Callable

FIXTURES = Path(__file__).parents[1] / "fixtures"


def tfjs_files(folder: Path, mutator: Mutator) -> ModelFiles:
    """Change a TensorFlow.js model: mostly its topology or manifest, sometimes a shard."""
    files: dict[str, bytes | Path] = {p.name: p.read_bytes() for p in folder.glob("*.bin")}
    document = (folder / "model.json").read_bytes()
    if mutator.random.random() < 0.1:
        name = mutator.random.choice(sorted(files))
        files[name] = mutator.bytes(bytes(files[name]))
    else:
        document = mutator.document(document)
    return ModelFiles({"model.json": document, **files}, "model.json")


def folders(kind: str) -> list[Path]:
    """List the good models that hostile ones are made from; small ones, since there are many."""
    found = sorted((FIXTURES / kind).glob("*/model.json"))
    return [path.parent for path in found if path.stat().st_size < 200_000]


def plain(number: int) -> tuple[ModelFiles, Callable[[ModelFiles], Any]]:
    """Give a file and what loads it as far as it goes without TensorFlow."""
    mutator = Mutator(f"plain {number}")
    if number % 7 == 0:
        path = sorted((FIXTURES / "keras2").glob("*.keras"))[number // 7 % 4]
        return keras_files(path, mutator), read_keras
    kinds = folders("tfjs-layers") + folders("tfjs-graph")
    return tfjs_files(kinds[number % len(kinds)], mutator), read_tfjs


def keras_files(path: Path, mutator: Mutator) -> ModelFiles:
    """Change a `.keras` file: the archive, or what is in it."""
    if mutator.random.random() < 0.2:
        return ModelFiles({"m.keras": mutator.bytes(path.read_bytes())}, "m.keras")
    buffer = io.BytesIO()
    chosen = mutator.random.choice(["config.json", "model.weights.h5"])
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(buffer, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == chosen:
                json_ = name.endswith(".json")
                content = mutator.document(content) if json_ else mutator.bytes(content)
            archive.writestr(name, content)
    return ModelFiles({"m.keras": buffer.getvalue()}, "m.keras")


def read_tfjs(files: ModelFiles) -> Any:
    """Read manifest and weights, and check topology and shapes."""
    from marcelle_nb.formats.keras_models.safe_config import check_config, check_weight_shapes
    from marcelle_nb.formats.tfjs.model_json import ModelJson
    from marcelle_nb.formats.tfjs.weights import read_weights

    model = ModelJson.read(files, "model.json")
    if model.kind == "layers":
        config = model.topology.get("model_config", model.topology)
        check_config(config, "model.json")
        specs = [spec for group in model.groups for spec in group.specs]
        check_weight_shapes(config, {spec.name: spec.shape for spec in specs})
    return read_weights(files, "model.json", model.groups)


def read_keras(files: ModelFiles) -> Any:
    """Read an archive, check its configuration, and walk over its weights."""
    from marcelle_nb.formats.keras_models.h5_structure import opened
    from marcelle_nb.formats.keras_models.keras_archive import KerasArchive
    from marcelle_nb.formats.keras_models.safe_config import check_config

    archive = KerasArchive.read(files.read("m.keras"), "m.keras")
    check_config(archive.config, "m.keras")
    with opened(archive.weights, "m.keras"):
        return archive


def graph(number: int) -> tuple[ModelFiles, Callable[[ModelFiles], Any]]:
    """Give a GraphModel and what loads it."""
    from marcelle_nb.formats.tfjs.graph_model import load_graph_model

    kinds = folders("tfjs-graph")
    files = tfjs_files(kinds[number % len(kinds)], Mutator(f"graph {number}"))
    return files, lambda files: load_graph_model(files, "model.json")


def topology(number: int) -> tuple[ModelFiles, Callable[[ModelFiles], Any]]:
    """Give a LayersModel and what loads it."""
    from marcelle_nb.formats.tfjs.layers_model import load_layers_model

    kinds = folders("tfjs-layers")
    files = tfjs_files(kinds[number % len(kinds)], Mutator(f"topology {number}"))
    return files, lambda files: load_layers_model(files, "model.json")


KINDS = {"plain": plain, "graph": graph, "topology": topology}
WARM = {"graph": "tfjs-graph", "topology": "tfjs-layers"}


def declared(files: ModelFiles) -> int:
    """Add up the bytes of the files and of what a manifest, if there is one, says is in them."""
    total = sum(files.size(name) for name in files.names)
    try:
        from marcelle_nb.formats.tfjs.model_json import ModelJson

        model = ModelJson.read(files, "model.json")
    except ModelFormatError:
        return total
    specs = [spec for group in model.groups for spec in group.specs]
    return total + sum(spec.size * 8 for spec in specs if spec.size < 2**28)


def resident(field: str) -> int:
    """Give the process's memory now (`VmRSS`) or at its highest (`VmHWM`), in bytes."""
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = re.findall(rf"{field}:\s+(\d+) kB", status)
    return int(kilobytes) * 1024


def warm(kind: str) -> None:
    """Load every good model once: what TensorFlow makes ready is no file's fault."""
    for folder in folders(WARM[kind]) if kind in WARM else []:
        files = ModelFiles.open(folder)
        KINDS[kind](0)[1](files)


def run(kind: str, first: int, count: int) -> dict[str, Any]:
    """Load files one after another; report what came of it."""
    warm(kind)
    results: Counter[str] = Counter()
    failures: list[str] = []
    slowest, growth = (0.0, -1), (0, -1)
    for number in range(first, first + count):
        files, load = KINDS[kind](number)
        limit = 2 * declared(files) + 64 * 2**20
        Path("/proc/self/clear_refs").write_text("5")  # the highest begins anew
        before, began = resident("VmRSS"), time.perf_counter()
        try:
            load(files)
            results["loaded"] += 1
        except ModelFormatError as error:
            results[type(error).__name__] += 1
        except BaseException:  # noqa: BLE001, anything else is what is looked for
            failures.append(f"{kind} {number}: {traceback.format_exc()[-1500:]}")
        slowest = max(slowest, (time.perf_counter() - began, number))
        over = resident("VmHWM") - before
        growth = max(growth, (over, number))
        if over > limit:
            failures.append(f"{kind} {number}: {over:,} bytes more, of {limit:,}")
        if number % 50 == 0:
            gc.collect()
    heavy = sorted({"tensorflow", "keras"} & set(sys.modules))
    return {
        "results": results,
        "failures": failures,
        "slowest": slowest,
        "growth": growth,
        "heavy": heavy,
    }


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
