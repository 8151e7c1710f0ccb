"""TensorFlow Lite files for tests: those of the real converter, and changed ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from marcelle_nb.formats.model_files import ModelFiles
from marcelle_nb.formats.tflite import load_tflite

FOLDER = Path(__file__).parent.parent / "fixtures" / "tflite"
NAMES = sorted(path.stem for path in FOLDER.glob("*.tflite"))
REFUSED = {"flex", "custom"}


def content(name: str) -> bytes:
    return (FOLDER / f"{name}.tflite").read_bytes()


def load(data: bytes | str, **options: Any):
    data = content(data) if isinstance(data, str) else data
    return load_tflite(ModelFiles({"m.tflite": data}, main="m.tflite"), "m.tflite", **options)


def edited(name: bytes | str, change) -> bytes:
    """Give a file whose tables were changed by `change(model)`."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    data = content(name) if isinstance(name, str) else name
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
    change(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def with_metadata(name: str, *, mean=(127.5,), std=(127.5,), labels="cat\ndog\n", described=True):
    """Give a file with metadata, and a packed `labels.txt` behind it."""
    from tensorflow.lite.python import schema_py_generated as schema

    def change(model):
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(_metadata(mean, std), np.uint8)
        model.buffers.append(buffer)
        entry = schema.MetadataT()
        entry.name, entry.buffer = b"TFLITE_METADATA", len(model.buffers) - 1
        model.metadata = [*(model.metadata or []), entry]

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("labels.txt", labels)
    return (edited(name, change) if described else content(name)) + packed.getvalue()


def _metadata(mean, std) -> bytes:
    import flatbuffers

    b = flatbuffers.Builder(256)

    def vector(values):
        b.StartVector(4, len(values), 4)
        for value in reversed(values):
            b.PrependUOffsetTRelative(value)
        return b.EndVector()

    def table(**slots):
        b.StartObject(8)
        for slot, value in slots.items():
            number = int(slot[1:])
            if isinstance(value, tuple):
                b.PrependInt8Slot(number, value[0], 0)
            else:
                b.PrependUOffsetTRelativeSlot(number, value, 0)
        return b.EndObject()

    means, stds = (b.CreateNumpyVector(np.float32(values)) for values in (mean, std))
    unit = table(_0=(1,), _1=table(_0=means, _1=stds))
    given = table(_0=b.CreateString("image"), _4=vector([unit]))
    labels = table(_0=b.CreateString("labels.txt"), _2=(2,))
    made = table(_0=b.CreateString("scores"), _6=vector([labels]))
    inputs, outputs = vector([given]), vector([made])
    subgraphs = vector([table(_2=inputs, _3=outputs)])
    b.Finish(table(_0=b.CreateString("Pets"), _2=b.CreateString("1"), _3=subgraphs), b"M001")
    return bytes(b.Output())


def graph_of(tensors, operators, *, inputs, outputs, constants=(), custom=("", b"")) -> bytes:
    """Write a file by hand.

    Parameters
    ----------
    tensors : list of (shape, type number, shape with -1 for free sizes)
    operators : list of (number, inputs, outputs, options)
    inputs, outputs : list of int
    constants : dict of int to array
        By tensor number.
    custom : (str, bytes)
        The name and options of a custom operator.
    """
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    stored = dict(constants)
    model = _table(schema.ModelT, version=3, operatorCodes=[], buffers=[schema.BufferT()])
    graph = _table(schema.SubGraphT, tensors=[], inputs=inputs, outputs=outputs, operators=[])
    for number, (shape, kind, free) in enumerate(tensors):
        buffer = 0
        if number in stored:
            data = np.frombuffer(np.asarray(stored[number]).tobytes(), np.uint8)
            model.buffers.append(_table(schema.BufferT, data=data))
            buffer = len(model.buffers) - 1
        graph.tensors.append(
            _table(
                schema.TensorT,
                shape=list(shape),
                shapeSignature=list(free),
                type=kind,
                buffer=buffer,
                name=f"t{number}",
                hasRank=True,
            )
        )
    names = {value: key for key, value in vars(schema.BuiltinOperator).items()}
    for place, (number, given, made, options) in enumerate(operators):
        code = _table(
            schema.OperatorCodeT,
            builtinCode=number,
            deprecatedBuiltinCode=min(number, 127),
            version=1,
            customCode=custom[0] or None,
        )
        operator = _table(schema.OperatorT, opcodeIndex=place, inputs=given, outputs=made)
        if options:
            kind = names[number].title().replace("_", "") + "Options"
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = _table(getattr(schema, kind + "T"), **options)
        if custom[1]:
            operator.customOptions = list(custom[1])
        model.operatorCodes.append(code)
        graph.operators.append(operator)
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _table(cls, **fields):
    table = cls()
    for key, value in fields.items():
        setattr(table, key, value)
    return table


def detector(options: dict[str, Any], *, anchors: int = 6, name="TFLite_Detection_PostProcess"):
    """Give a file of the one operator with which detectors end, for six boxes and three scores."""
    from flatbuffers import flexbuffers

    stored = np.random.default_rng(1).random((anchors, 4)).astype(np.float32)
    count = min(int(options.get("max_detections") or 1), 1000)
    shapes = [[1, 6, 4], [1, 6, 3], [anchors, 4], [1, count, 4], [1, count], [1, count], [1]]
    return graph_of(
        [(shape, 0, shape) for shape in shapes],
        [(32, [0, 1, 2], [3, 4, 5, 6], {})],
        inputs=[0, 1],
        outputs=[3, 4, 5, 6],
        constants={2: stored},
        custom=(name, bytes(flexbuffers.Dumps(options))),
    )
