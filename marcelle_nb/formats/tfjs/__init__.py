"""The two file formats of TensorFlow.js, which share the layout of their weights."""
