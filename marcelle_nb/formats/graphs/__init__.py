"""TensorFlow graphs: checked, rewritten, imported and written."""
