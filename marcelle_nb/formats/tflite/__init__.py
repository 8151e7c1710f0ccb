"""TensorFlow Lite files."""

from marcelle_nb.formats.tflite.reader import load_tflite
from marcelle_nb.formats.tflite.writer import write_tflite

__all__ = ["load_tflite", "write_tflite"]
