#!/usr/bin/env python3
"""Rules for files that no compiler checks: sizes, TODOs, paths of one machine."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MAX_LINES = {".cc": 999, ".cpp": 999, ".c": 999, ".h": 699, ".hh": 699, ".hpp": 699}
# A TODO names its issue: TODO(#12).
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")
# A home folder or a checkout somewhere. Guests' paths and /tmp are fine.
MACHINE_PATH = re.compile(r"(?<![\w.}$)*:>])/(?:home|root|work|Users)/[\w.-]")
# `style: allow` on a line says that the line knows what it does.
ALLOW = "style: allow"
SKIP = {"Cargo.lock", "LICENSE"}


def tracked():
    """Files of the repository, new ones too, but nothing that git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
        return sorted(set(filter(None, out.split("\0"))))
    except (OSError, subprocess.CalledProcessError):  # an archive without git
        paths = (p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file())
        return sorted(p.as_posix() for p in paths if p.parts[0] not in ("build", ".git"))


def check(path):
    file = ROOT / path
    if not file.is_file() or file.name in SKIP:
        return
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a picture, a module
        return
    lines = text.splitlines()
    limit = MAX_LINES.get(file.suffix)
    if limit and len(lines) > limit:
        yield f"{path}: {len(lines)} lines; a {file.suffix} has at most {limit}: it holds two concepts"
    this_file = file == Path(__file__).resolve()
    for number, line in enumerate(lines, 1):
        if ALLOW in line or this_file:
            continue
        if TODO.search(line):
            yield f"{path}:{number}: a TODO without its issue, as in TODO(#12)"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path of one machine: {line.strip()}"
        if line != line.rstrip() and file.suffix not in (".wast", ".patch"):
            yield f"{path}:{number}: blanks at the end of the line"
    if text and not text.endswith("\n"):
        yield f"{path}: no newline at the end"


def main():
    files = tracked()
    problems = [problem for path in files for problem in check(path)]
    for problem in problems:
        print(problem)
    print(f"files: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
