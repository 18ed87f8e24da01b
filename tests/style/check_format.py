#!/usr/bin/env python3
"""Says which C and C++ files clang-format-19 would change; --fix changes them."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".h", ".hh", ".hpp", ".cc", ".cpp", ".c"}


def main():
    tool = shutil.which("clang-format-19")
    if tool is None:
        print("clang-format-19 is not installed ('./dev setup lint' installs it)")
        return 1
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True)
    names = sorted(set(filter(None, listed.stdout.decode().split("\0"))))
    files = [f for f in names if Path(f).suffix in SUFFIXES and (ROOT / f).is_file()]
    if not files:
        return 0
    mode = ["-i"] if "--fix" in sys.argv[1:] else ["--dry-run", "--Werror"]
    result = subprocess.run([tool, *mode, *files], cwd=ROOT, capture_output=True, text=True)
    broken = sorted({line.split(":", 1)[0] for line in result.stderr.splitlines() if "clang-format-violations" in line})
    for file in broken:
        print(f"{file}: clang-format would change it ('./dev lint --fix')")
    if result.returncode and not broken:
        print(result.stderr)
    print(f"format: {len(files)} files, {len(broken)} problems")
    return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
