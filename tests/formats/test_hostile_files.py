"""Ten thousand damaged and hostile files, each refused with our own error or loaded, soon."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.formats.hostile_files import KINDS
from tests.formats.mutator import Mutator

ROOT = Path(__file__).parents[2]
CASES = {"plain": 7_000, "graph": 2_500, "topology": 500}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", CASES)
def test_hostile_files_are_refused_or_load_in_bounded_time_and_memory(kind):
    # a process of its own: its memory is measured, and a crash of a library fails the test
    done = subprocess.run(
        [sys.executable, "-m", "tests.formats.hostile_files", kind, "0", str(CASES[kind])],
        cwd=ROOT,
        env={"TF_CPP_MIN_LOG_LEVEL": "3", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=290,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert not report["failures"], "\n".join(report["failures"][:5])
    seconds, number = report["slowest"]
    assert seconds < 5, f"{kind} {number}"
    # neither everything passes nor is everything refused
    assert report["results"]["loaded"] > CASES[kind] / 50
    assert report["results"]["ModelFormatError"] > CASES[kind] / 10
    assert report["results"]["UnsafeModel"] > 0
    if kind == "plain":
        assert not report["heavy"]


@pytest.mark.parametrize("kind", CASES)
def test_a_number_always_gives_the_same_file(kind):
    first, second = (KINDS[kind](13)[0] for _ in range(2))
    assert first.names == second.names
    assert all(first.read(name) == second.read(name) for name in first.names)


def test_mutations_are_of_many_kinds():
    data = json.dumps({"a": [1, 2, {"b": "text", "c": None}], "d": {"e": 5}}).encode()
    changed = {Mutator(str(i)).document(data) for i in range(500)}
    assert len(changed) > 300
    assert data not in changed or len(changed) > 400
