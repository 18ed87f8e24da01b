#!/usr/bin/env python3
"""Runs the workloads on several engines in turn and prints CPU times as ratios.

    compare.py --guests DIR [--runs N] [--json FILE] NAME=COMMAND ...

DIR holds NAME.wasm and NAME.native of every workload. A COMMAND is split as a shell would; {wasm} and {native} in it
stand for the files. The first engine is the base of the ratios. Engines are interleaved within each run, so that a
machine that slows down slows them all; the figure of a workload is the median of its runs' user CPU times, whole
process. All engines must print the same checksum.
"""

import argparse
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
from pathlib import Path


def run_once(command):
    """User CPU seconds and output of one run."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write_end, 1)
        os.close(read_end)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(error, file=sys.stderr)
        os._exit(127)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        output = pipe.read()
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise RuntimeError(f"{shlex.join(command)}: wait status {status}")
    return usage.ru_utime, output


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--guests", type=Path, required=True)
    parser.add_argument("--prefix", default="bench_", help="of the workloads among the files of DIR")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("engines", nargs="+", metavar="NAME=COMMAND")
    options = parser.parse_args()
    engines = dict(engine.split("=", 1) for engine in options.engines)
    base = next(iter(engines))

    workloads = sorted(path.stem for path in options.guests.glob(f"{options.prefix}*.wasm"))
    if not workloads:
        sys.exit(f"no workloads in {options.guests}")
    times = {}
    for workload in workloads:
        files = {kind: str(options.guests / f"{workload}.{kind}") for kind in ("wasm", "native")}
        commands = {name: [part.format(**files) for part in shlex.split(text)] for name, text in engines.items()}
        samples = {name: [] for name in engines}
        outputs = set()
        for _ in range(options.runs):
            for name, command in commands.items():
                seconds, output = run_once(command)
                samples[name].append(seconds)
                outputs.add(output)
        if len(outputs) != 1:
            sys.exit(f"{workload}: the engines disagree: {outputs}")
        times[workload] = {name: statistics.median(values) for name, values in samples.items()}

    others = [name for name in engines if name != base]
    print(f"{'workload':12}{base + ' ms':>12}" + "".join(f"{base + '/' + name:>18}" for name in others))
    for workload, row in times.items():
        ratios = "".join(f"{row[base] / max(row[name], 1e-6):18.2f}" for name in others)
        print(f"{workload.removeprefix(options.prefix):12}{row[base] * 1e3:12.1f}{ratios}")
    means = [
        math.exp(statistics.mean(math.log(row[base] / max(row[name], 1e-6)) for row in times.values())) for name in others
    ]
    print(f"{'geomean':24}" + "".join(f"{mean:18.2f}" for mean in means))
    if options.json:
        options.json.write_text(json.dumps({"runs": options.runs, "seconds": times}, indent=2) + "\n")


if __name__ == "__main__":
    main()
