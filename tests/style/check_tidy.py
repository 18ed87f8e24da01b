#!/usr/bin/env python3
"""clang-tidy-19 over the sources of interp, api, wasi, cli, bindings and scripts, remembering what was clean.

Usage: check_tidy.py BUILD-DIR [FILE...]

A file whose preprocessed text (comments included), compiler flags and .clang-tidy are as when it was last found clean is not
looked at again. What is remembered lies in $XDG_CACHE_HOME/weft-tidy, so another checkout profits too.
"""

import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("interp/", "api/", "wasi/", "cli/", "bindings/", "spec-tests/scripts/")
TIDY = "clang-tidy-19"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weft-tidy"
# Flags of the compiler call that have no place in the fingerprint: outputs, and what only the code generator reads.
DROP_WITH_VALUE = {"-o", "-MF", "-MT", "-MQ"}
DROP = {"-c", "-MD", "-MMD"}


def fingerprint(entry, config):
    """A hash of everything clang-tidy's verdict depends on, with this checkout's place taken out."""
    words = entry.get("arguments") or shlex.split(entry["command"])
    while words and not Path(words[0]).name.startswith(("clang", "g++", "c++")):
        words = words[1:]  # ccache and its environment
    flags, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in DROP_WITH_VALUE:
            skip = True
        elif word not in DROP:
            flags.append(word)
    run = subprocess.run([*flags, "-E", "-C"], cwd=entry["directory"], capture_output=True)
    if run.returncode:
        return None
    digest = hashlib.sha256(config)
    for part in (" ".join(flags).encode(), run.stdout):
        digest.update(part.replace(os.fsencode(ROOT), b"."))
    return digest.hexdigest()


def check(entry, build, config):
    key = fingerprint(entry, config)
    if key and (CACHE / key).exists():
        return True, "", 0.0
    start = time.monotonic()
    run = subprocess.run([TIDY, "-p", build, "--quiet", entry["file"]], capture_output=True, text=True)
    seconds = time.monotonic() - start
    if run.returncode == 0 and key:
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / key).touch()
    output = "" if run.returncode == 0 else run.stdout + run.stderr
    return run.returncode == 0, output, seconds


def main():
    build, wanted = sys.argv[1], {str((ROOT / f).resolve()) for f in sys.argv[2:]}
    version = subprocess.run([TIDY, "--version"], capture_output=True).stdout
    config = version + (ROOT / ".clang-tidy").read_bytes()
    entries = {}
    for entry in json.loads((Path(build) / "compile_commands.json").read_text()):
        file = Path(entry["directory"], entry["file"]).resolve()
        if not file.is_relative_to(ROOT) or file.suffix not in (".cc", ".cpp"):
            continue
        if file.relative_to(ROOT).as_posix().startswith(FOLDERS) and (not wanted or str(file) in wanted):
            entries[str(file)] = entry
    bad, timed = 0, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda item: (item[0], *check(item[1], build, config)), sorted(entries.items()))
        for file, clean, output, seconds in results:
            name = Path(file).relative_to(ROOT).as_posix()
            timed.append((seconds, name))
            if not clean:
                bad += 1
                print(f"{name}:\n{output}".replace(f"{ROOT}/", ""), flush=True)
    for seconds, name in sorted(timed, reverse=True)[:5]:
        if seconds > 20:
            print(f"  {seconds:5.0f} s  {name}")
    known = sum(1 for seconds, _ in timed if seconds == 0.0)
    print(f"tidy: {len(entries)} files ({known} known to be clean), {bad} with problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
