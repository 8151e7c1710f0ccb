"""Tests against real kernels, with the messages that JupyterLab sends."""
