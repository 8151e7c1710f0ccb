"""Runs all measurements, or those that are named: `python -m tests.benchmark sizes`."""

import os
import sys

from tests.benchmark import camera_loop, features, formats, kernel_side, pretrained, sizes, stores

PARTS = {
    "sizes": sizes,
    "kernel": kernel_side,
    "features": features,
    "formats": formats,
    "stores": stores,
    "pretrained": pretrained,
    "camera": camera_loop,
}

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
for name in sys.argv[1:] or PARTS:
    PARTS[name].measure()
