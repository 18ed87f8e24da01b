#!/usr/bin/env python3
"""Runs the examples of WebAssembly/wasm-c-api, built against our headers, and checks what they print.

  examples.py FOLDER-OF-PROGRAMS CLONE [FILTER]

The folder holds NAME.c and NAME.cc for each example, programs made of the sources of that name.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

# What each prints besides saying what it is about to do, as regular expressions of whole lines with how often each comes.
# It must also end with status 0. "Error" in a line is a failure of its own.
FRAME = r"> (0|\(nil\)) @ 0x[0-9a-f]+ = {}\.0x[0-9a-f]+"
EXPECTED = {
    "callback": {"> 7": 1, "> 42": 1, "> 49": 1},
    "finalize": {"Finalizing #[0-9]+\\.\\.\\.": 33, "Live count 0": 2, "Live count -.*": 0},
    "global": {"Accessing globals\\.\\.\\.": 1},
    "hello": {"> Hello [Ww]orld!": 1},
    "hostref": {"call_[a-z_]+\\.\\.\\. (okay|Calling back\\.\\.\\.)": 20, "okay": 3, "(> )?> 0x1": 1, "(> )?> 0x2": 1},
    "memory": {"Creating stand-alone memory\\.\\.\\.": 1},
    "multi": {"(> )?> 1 3 2 4": 1, "> 4 3 2 1": 1},
    "reflect": {
        '> export 0 "func"': 1,
        '> export 1 "global"': 1,
        '> export 2 "table"': 1,
        '> export 3 "memory"': 1,
        ">> (initial|current): func i32 f64 f32 -> i32": 2,
        ">> (initial|current): global const f64": 2,
        ">> (initial|current): table 0d? 50d? funcref": 2,
        ">> (initial|current): memory 1d?": 2,
        ">> in-arity: 3, out-arity: 1": 1,
    },
    "serialize": {"> Hello [Ww]orld!": 1},
    "start": {"> unreachable": 1, FRAME.format(0): 2},
    "table": {"Calling back\\.\\.\\.": 1, "Creating stand-alone table\\.\\.\\.": 1},
    "threads": {"(> )?Thread [0-9] running(\\.\\.\\.)?": 30},
    "trap": {"> callback abort": 1, "> unreachable": 1, FRAME.format(1): 2, FRAME.format(2): 2},
}
# The others end by saying that they are done.
ENDS_SILENTLY = {"threads"}


def prepare(clone, folder):
    """Puts the examples' modules where the programs look for them."""
    for name in EXPECTED:
        module = clone / "example" / f"{name}.wasm"
        (folder / module.name).write_bytes(module.read_bytes())
    # This one is in the encoding of a draft, in which ref.null had no type. Its text says the same, and is as old.
    text = (clone / "example" / "hostref.wat").read_text(encoding="utf-8")
    if "(ref.null)" in text:
        text_file = folder / "hostref.wat"
        text_file.write_text(text.replace("(ref.null)", "(ref.null extern)"), encoding="utf-8")
        subprocess.run(["wat2wasm", text_file, "-o", folder / "hostref.wasm"], check=True)
        print("hostref.wasm: made anew from hostref.wat, with the type that ref.null has had since")


def problems(name, status, output):
    if status != 0:
        yield f"ended with status {status}"
    lines = output.splitlines()
    if name not in ENDS_SILENTLY and lines[-1:] != ["Done."]:
        yield "did not say that it was done"
    for pattern, count in EXPECTED[name].items():
        found = sum(re.fullmatch(pattern, line.strip()) is not None for line in lines)
        if found != count:
            yield f"{found} lines are '{pattern}' instead of {count}"
    for line in lines:
        if "Error" in line:
            yield line


def run(program, folder):
    try:
        done = subprocess.run([program], cwd=folder, capture_output=True, timeout=600, check=False)
    except subprocess.TimeoutExpired:
        return "ran too long"
    output = (done.stdout + done.stderr).decode(errors="replace")
    found = list(problems(program.stem, done.returncode, output))
    return "; ".join(found) + "\n" + output if found else ""


def main():
    programs, clone = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    names = [f"{name}.{suffix}" for name in EXPECTED for suffix in ("c", "cc") if wanted in f"{name}.{suffix}"]
    passed = 0
    with tempfile.TemporaryDirectory() as folder:
        prepare(clone, Path(folder))
        for name in names:
            failure = run(programs / name, folder)
            passed += not failure
            print(f"FAIL {name}: {failure}" if failure else f"PASS {name}")
    print(f"{passed} of {len(names)} examples print what they should")
    return 0 if passed == len(names) and names else 1


if __name__ == "__main__":
    sys.exit(main())
