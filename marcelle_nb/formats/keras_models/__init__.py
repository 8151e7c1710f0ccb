"""Keras models: their files, and the translation of their configurations between releases."""
