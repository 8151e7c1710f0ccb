"""ONNX files, with the packages of the extra `onnx`."""

from marcelle_nb.formats.onnx_models.reader import load_onnx
from marcelle_nb.formats.onnx_models.writer import write_onnx

__all__ = ["load_onnx", "write_onnx"]
