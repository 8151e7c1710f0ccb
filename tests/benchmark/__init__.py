"""Measures sizes and speed: `python -m tests.benchmark`. Prints; judges nothing."""
