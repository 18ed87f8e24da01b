"""The example prints what it should, and the tutorial that it follows runs with nothing changed but its import."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
# The folder of a tutorial for the package wasmtime, with lib.rs and run_wasm.py, which isn't part of this repository.
TUTORIAL = os.environ.get("WEFT_TUTORIAL")


def compile_guest(source, output):
    output.parent.mkdir(parents=True, exist_ok=True)
    # Without what sanitizers preload into Python.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    subprocess.run([HERE / "build.sh", source, output], check=True, env=environment)
    return output


def run(*command, cwd):
    return subprocess.run([sys.executable, *command], cwd=cwd, check=True, capture_output=True, text=True).stdout


def test_example_prints_what_it_says(tmp_path):
    guest = compile_guest(HERE / "greeting.rs", tmp_path / "greeting.wasm")
    assert run(HERE / "greet.py", guest, cwd=tmp_path) == (HERE / "greet.txt").read_text()
    assert "Hello, Wörld\n" in run(HERE / "greet.py", guest, "Wörld", cwd=tmp_path)


if TUTORIAL:

    @pytest.mark.parametrize("own_guest", [True, False])
    def test_tutorial_runs_by_its_import_alone(tmp_path, own_guest):
        source = HERE / "greeting.rs" if own_guest else Path(TUTORIAL) / "lib.rs"
        compile_guest(source, tmp_path / "target/wasm32-wasi/release/rs_wasmtime_tutorial.wasm")
        script = (Path(TUTORIAL) / "run_wasm.py").read_text()
        assert script.startswith("import wasmtime\n")
        (tmp_path / "run.py").write_text(script.replace("import wasmtime\n", "import weft as wasmtime\n", 1))
        printed = run("run.py", cwd=tmp_path)
        for line in [
            "Memory data length = 1114112, Input pointer = 1114106",
            "String written to WASM memory at pointer 1114106",
            "Resulting string: Hello, World",
            "5 + 3 = 8",
        ]:
            assert line in printed.splitlines(), printed
