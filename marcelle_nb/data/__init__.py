"""Instances, the datasets that collect them, and the stores that they live in."""
