import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from marcelle_nb._version import __version__
from marcelle_nb.cli import app
from marcelle_nb.formats.load import load

ROOT = Path(__file__).parent.parent
# Keras writes HDF5 through an interface of NumPy 1
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")

MODEL = ROOT / "tests" / "fixtures" / "tfjs-layers" / "mlp_dense"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def failure(*arguments):
    """Run a command that must fail; give its one line."""
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_help_is_quick_and_imports_nothing_heavy():
    ask = (
        "import sys\n"
        "from marcelle_nb.cli import app\n"
        "try: app(['convert', '--help'])\n"
        "except SystemExit: pass\n"
        "print('HEAVY', sorted({n.partition('.')[0] for n in sys.modules} & "
        "{'tensorflow', 'keras', 'numpy', 'h5py', 'onnx', 'PIL'}))"
    )
    start = time.monotonic()
    answer = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "HEAVY []" in answer.stdout
    assert "--quantize" in answer.stdout
    assert time.monotonic() - start < 5


def test_module_is_the_command():
    answer = subprocess.run(
        [sys.executable, "-m", "marcelle_nb", "inspect", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "marcelle-nb inspect" in answer.stdout


def test_inspect_prints_what_is_in_a_file():
    result = run("inspect", MODEL)
    assert result.exit_code == 0
    for part in ("format: tfjs-layers", "size: ", "input ", "output ", "operations: Dense"):
        assert part in result.stdout
    assert "12, float32" in result.stdout
    assert "5, float32" in result.stdout


def test_inspect_prints_names_of_classes(tmp_path):
    for path in MODEL.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "labels.txt").write_text("a\nb\nc\nd\ne\n")
    assert "labels: 5 (a, b, c, d, e)" in run("inspect", tmp_path).stdout


def test_convert_writes_and_says_what(tmp_path):
    target = tmp_path / "made" / "model.h5"
    result = run("convert", MODEL, target)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"{target}  {target.stat().st_size:,} bytes\n"
    assert load(target).format == "h5"


def test_convert_takes_options(tmp_path):
    arguments = ["--format", "tfjs", "--quantize", "uint8", "--shard-size", "1KB"]
    result = run("convert", MODEL, tmp_path / "web", *arguments)
    assert result.exit_code == 0, result.stderr
    shards = [*(tmp_path / "web").glob("*.bin")]
    assert len(shards) > 1
    assert all(shard.stat().st_size <= 1024 for shard in shards)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "/no/such/model.h5"], "expected a file or folder, got '/no/such/model.h5'"),
        (["inspect", __file__], "expected a model of TensorFlow.js"),
        (["inspect", "http://school.example/model.json"], "expected https://"),
        (["inspect", MODEL, "--format", "caffe"], "format: expected one of tfjs, tfjs-layers"),
        (["convert", MODEL, "x", "--format", "caffe"], "format: expected one of tfjs, "),
        (["convert", MODEL, "x"], "none can be told from 'x'"),
        (["convert", MODEL, "x.h5", "--quantize", "uint8"], "quantize: expected nothing for h5"),
        (["convert", MODEL, "x.tflite", "--quantize", "uint8"], "expected one of float16, int8"),
        (["convert", MODEL, "x.h5", "--shard-size", "4MB"], "shard_size: expected"),
        (["convert", MODEL, "model.json", "--shard-size", "big"], "shard_size: expected a number"),
        (["convert", MODEL, "x.h5", "--tags", "serve"], "tags: expected with another format"),
        (["convert", MODEL, "x.h5", "--output-nodes", "a,b"], "output_nodes: expected with"),
    ],
)
def test_failure_is_one_line(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = failure(*arguments)
    assert line.startswith("marcelle-nb: ")
    assert said in line
    assert [*tmp_path.iterdir()] == []


def test_only_the_one_line_is_written(tmp_path):
    (tmp_path / "m.keras").write_bytes(b"PK\x03\x04")
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    (tmp_path / "graph.pb").write_bytes(b"\n\x00\xff\xff")
    answer = subprocess.run(
        [sys.executable, "-m", "marcelle_nb", "convert", tmp_path / "graph.pb", tmp_path / "m.h5"],
        cwd=ROOT, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert answer.returncode == 1
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith("marcelle-nb: graph.pb: expected a graph")


def test_libraries_messages_do_not_stand_between_the_files(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    target = tmp_path / "m.tflite"
    answer = subprocess.run(
        [sys.executable, "-m", "marcelle_nb", "convert", MODEL, target],
        cwd=ROOT, capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert answer.stdout == f"{target}  {target.stat().st_size:,} bytes\n"
    assert answer.stderr == ""


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "marcelle-nb: interrupted"),
        (MemoryError(), 1, "marcelle-nb: MemoryError"),
        (KeyError("x"), 1, "marcelle-nb: KeyError: 'x'"),
        (PermissionError(13, "Permission denied", "m.h5"), 1, "marcelle-nb: m.h5: Permission den"),
    ],
)
def test_any_failure_is_one_line(error, status, said, monkeypatch):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr("marcelle_nb.formats.convert.convert", fail)
    result = run("convert", MODEL, "x.h5")
    assert result.exit_code == status
    (line,) = result.stderr.splitlines()
    assert line.startswith(said)


def test_what_a_terminal_would_obey_is_written_out(tmp_path):
    for path in MODEL.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "labels.txt").write_text("\x1b[31ma\nb\nc\nd\ne\n")
    result = run("inspect", tmp_path)
    assert "labels: 5 (\\x1b[31ma, b, c, d, e)" in result.stdout
    assert "\x1b" not in run("inspect", tmp_path / "\x1b[31m").stderr


def test_inspect_takes_the_part_that_is_meant():
    graph = ROOT / "tests" / "fixtures" / "saved-model" / "tf1_frozen.pb"
    result = run("inspect", graph, "--output-nodes", "add_1")
    assert result.exit_code == 0
    assert "output add_1: " in result.stdout
    assert "signature: expected with another" in failure("inspect", graph, "--signature", "s")


def test_missing_argument_is_a_mistake_of_use():
    assert run("convert", MODEL).exit_code == 2


def test_version_is_told():
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"marcelle-nb {__version__}\n")
