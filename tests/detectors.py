"""Files of a small detector with the peculiarities of the published ones, and pictures for it."""

import base64
import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "fixtures" / "tfjs-graph"
DETECTOR = FOLDER / "coco_ssd_head"


def picture(name):
    """Give one of the fixtures' pictures."""
    told = json.loads((FOLDER / "images" / name).read_text())
    return np.frombuffer(base64.b64decode(told["data_b64"]), np.uint8).reshape(told["shape"])


def detector_files():
    """Give the files by name."""
    names = ("model.json", "group1-shard1of1.bin")
    return {name: (DETECTOR / name).read_bytes() for name in names}


def changed(change):
    """Give them with another `model.json`: `change` takes what it says, and changes it."""
    files = detector_files()
    told = json.loads(files["model.json"])
    change(told)
    return files | {"model.json": json.dumps(told).encode()}
