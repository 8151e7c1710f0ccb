"""Changes in good files that somebody hostile, or a bad disk, could make."""

from __future__ import annotations

import json
import random
from typing import Any

LAMBDA = {"class_name": "Lambda", "config": {"name": "x", "function": ["4wEAAAAA", None, None]}}
VALUES: list[Any] = [
    *(None, True, False, -1, 0, 1, 2, 7, 2**24, 2**31, 2**31 - 1, 2**63, -(2**63), 10**400),
    *(0.5, -1.5, 1e308, -1e-320, "", "x", "é" * 3, "\x00", "../../etc/passwd", "/dev/zero", "relu"),
    *(
        "float32",
        "int32",
        "string",
        "uint8",
        "DT_FLOAT",
        "WriteFile",
        "__lambda__",
        "-1",
        "99999999",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        [2**16] * 4,
        [1] * 70,
        [-1, 3],
        {"size": "-1"},
        {"class_name": "Dense"},
    ),
    *(LAMBDA, {"class_name": "function", "module": "os", "config": "system"}),
    *({"shape": {"dim": [{"size": "65536"}] * 3}}, {"i": "9223372036854775807"}, {"s": "AAAA"}),
]


class Mutator:
    """Makes one hostile file after another; the same number gives the same file.

    Parameters
    ----------
    seed : str
    """

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def document(self, data: bytes) -> bytes:
        """Change a JSON document: its values mostly, sometimes its bytes."""
        if self.random.random() < 0.15:
            return self.bytes(data)
        document = json.loads(data)
        for _ in range(self.random.choice([1, 1, 1, 2, 3, 8])):
            self._change(document)
        text = json.dumps(document)
        if self.random.random() < 0.03:
            text = text.replace("null", "NaN", 1)
        if self.random.random() < 0.03:
            depth = self.random.choice([90, 200, 100_000])
            text = text.replace("null", "[" * depth + "]" * depth, 1)
        return text.encode("utf-8", "surrogatepass")

    def bytes(self, data: bytes) -> bytes:
        """Change, cut, double or add some bytes."""
        changed = bytearray(data)
        kind = self.random.randrange(5)
        place = self.random.randrange(len(data) + 1)
        if kind == 0:
            return data[:place]
        if kind == 1:
            changed[place:place] = self.random.randbytes(self.random.choice([1, 4, 1000]))
        elif kind == 2:
            end = place + self.random.randrange(200)
            changed[place:place] = changed[place:end]
        else:
            for _ in range(self.random.choice([1, 2, 10])):
                changed[self.random.randrange(len(data))] = self.random.randrange(256)
        return bytes(changed)

    def _change(self, document: Any) -> None:
        parent, key = self._place(document)
        kind = self.random.randrange(6)
        if kind == 0 and isinstance(parent, dict):
            del parent[key]
        elif kind == 1:
            other, name = self._place(document)
            parent[key] = json.loads(json.dumps(other[name]))
        elif kind == 2 and isinstance(parent, list):
            parent.insert(key, json.loads(json.dumps(parent[key])))
        elif kind == 3 and isinstance(parent[key], int | str):
            parent[key] = self._near(parent[key])
        else:
            parent[key] = json.loads(json.dumps(self.random.choice(VALUES)))

    def _near(self, value: Any) -> Any:
        if isinstance(value, str):
            cut = self.random.randrange(len(value) + 1)
            return self.random.choice([value[:cut], value + "x", value.upper(), value * 50])
        return self.random.choice([value + 1, value - 1, value * 2, -value, value * 65536])

    def _place(self, document: Any) -> tuple[Any, Any]:
        """Choose a place: any of all, or first a name and then a place of that name."""
        places: dict[str, list[tuple[Any, Any]]] = {}
        stack = [document]
        while stack:
            value = stack.pop()
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, each in items:
                name = key if isinstance(key, str) else "item"
                places.setdefault(name, []).append((value, key))
                if isinstance(each, dict | list):
                    stack.append(each)
        if not places:
            return [None], 0
        if self.random.random() < 0.5:
            return self.random.choice(places[self.random.choice(sorted(places))])
        return self.random.choice([place for found in places.values() for place in found])
