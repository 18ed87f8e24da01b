#!/usr/bin/env python3
"""Runs the workloads on several engines in turn; prints medians and ratios of CPU time, memory and start-up.

    compare.py --build DIR [--runs N] [--only GROUP,...] [--json FILE] [--svg FILE] NAME=COMMAND ...

DIR is a build folder with benchmarks. A COMMAND is split as a shell would; {wasm} and {native} in it stand for the
program, and an engine is left out where a file that it needs is missing. The first engine is the base of the ratios, and
must run everything; what others refuse is a dash and on stderr. Engines are interleaved within each run, so that a
machine that slows down slows them all. All must print the same checksum.

The figure of a workload is the median of user CPU time, of the whole process; an engine that a driver runs (peers/) is
charged for the program alone. Start-up is the whole process, always; what takes seconds there is run once.
"""

import argparse
import json
import math
import shlex
import statistics
import sys
from pathlib import Path

import plot
from measure import Failure, run

STARTUP = "startup"  # the group whose programs are measured whole
LONG = 3  # seconds; what takes longer runs once


def median(runs, what):
    return statistics.median(getattr(sample, what) for sample in runs)


def geomean(values):
    return math.exp(statistics.mean(map(math.log, values)))


class Bench:
    def __init__(self, build, engines, runs):
        self.guests = build / "guests"
        self.launcher = str(build / "bench" / "weft-measure")
        self.engines = engines
        self.base = next(iter(engines))
        self.others = [name for name in engines if name != self.base]
        self.runs = runs

    def command(self, engine, program):
        """The command that runs a program on an engine, or None if there is nothing to run."""
        files = {kind: self.guests / f"{program}.{kind}" for kind in ("wasm", "native")}
        text = self.engines[engine]
        if any(f"{{{kind}}}" in text and not file.exists() for kind, file in files.items()):
            return None
        return [part.format(**files) for part in shlex.split(text)]

    def measure(self, program):
        """The runs of a program by engine, without the engines that can't run it."""
        commands = {name: self.command(name, program) for name in self.engines}
        samples = {name: [] for name, command in commands.items() if command}
        for _ in range(self.runs):
            for name in list(samples):
                if samples[name] and samples[name][0].wall > LONG:
                    continue
                try:
                    samples[name].append(run(self.launcher, commands[name]))
                except Failure as failure:
                    if name == self.base:
                        raise
                    print(f"{program}: {failure}", file=sys.stderr)
                    del samples[name]
        outputs = {name: {sample.output for sample in runs} for name, runs in samples.items()}
        if len(set().union(*outputs.values())) != 1:
            raise Failure(f"{program}: the engines disagree: {outputs}")
        return {
            name: {what: median(runs, what) for what in ("user", "wall", "cpu", "rss")} for name, runs in samples.items()
        }

    def ratios(self, rows, engine):
        """The base's time over another engine's, of the programs that both ran."""
        return [row[self.base]["user"] / max(row[engine]["user"], 1e-6) for row in rows if engine in row]

    def print_line(self, label, first, values):
        print(f"{label:24}{first:>12}" + "".join(f"{value:>{self.width(name)}}" for name, value in zip(self.others, values)))

    def width(self, name):
        return len(self.base) + len(name) + 4

    def print_summary(self, label, rows, summary=geomean):
        """A line of one figure of each engine's ratios, and of how many programs if not of all."""
        cells = []
        for name in self.others:
            ratios = self.ratios(rows, name)
            missing = "" if len(ratios) == len(rows) else "*"
            cells.append(f"{summary(ratios):.2f}{missing}" if ratios else "-")
        self.print_line(label, "", cells)

    def print_workloads(self, groups):
        self.print_line("workload", f"{self.base} ms", [f"{self.base}/{name}" for name in self.others])
        for group, rows in groups.items():
            for program, row in rows.items():
                cells = [
                    f"{row[self.base]['user'] / max(row[name]['user'], 1e-6):.2f}" if name in row else "-"
                    for name in self.others
                ]
                self.print_line(program.removeprefix("bench_"), f"{row[self.base]['user'] * 1e3:.1f}", cells)
            self.print_summary(f"  {group}, geomean", rows.values())
        rows = [row for group in groups.values() for row in group.values()]
        print()
        self.print_summary("all, geomean", rows)
        self.print_summary("all, worst", rows, max)
        print("* of the programs that the engine runs")

    def print_startup(self, rows):
        for title, what, scale in (("start-up, ms", "wall", 1e3), ("CPU, ms", "cpu", 1e3), ("peak memory, MiB", "rss", 1 / 1024)):
            print(f"\n{title:24}" + "".join(f"{name:>{max(len(name) + 2, 10)}}" for name in self.engines))
            for program, row in rows.items():
                cells = [f"{row[name][what] * scale:.1f}" if name in row else "-" for name in self.engines]
                label = program.removeprefix(f"{STARTUP}_")
                print(f"{label:24}" + "".join(f"{cell:>{max(len(name) + 2, 10)}}" for name, cell in zip(self.engines, cells)))


def engine(text):
    name, found, command = text.partition("=")
    if not (name and found and command):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=COMMAND")
    return name, command


def count(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of runs")
    return int(text)


def programs_by_group(guests, only):
    """The programs that bench.tsv lists: group, then names."""
    groups = {}
    for line in (guests / "bench.tsv").read_text(encoding="ascii").splitlines():
        program, group = line.split("\t")
        if not only or group in only:
            groups.setdefault(group, []).append(program)
    return groups


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--runs", type=count, default=5)
    parser.add_argument("--only", type=lambda text: text.split(","), help="groups, with commas between")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("engines", type=engine, nargs="+", metavar="NAME=COMMAND")
    options = parser.parse_args()
    engines = dict(options.engines)
    if len(engines) < len(options.engines):
        parser.error("two engines have the same name")
    bench = Bench(options.build, engines, options.runs)
    try:
        groups = programs_by_group(bench.guests, options.only)
        if not groups:
            sys.exit(f"no workloads in {bench.guests}, or no such group")
        measured = {
            group: {program: bench.measure(program) for program in programs} for group, programs in groups.items()
        }
    except (Failure, OSError) as failure:
        sys.exit(str(failure))
    startup = measured.pop(STARTUP, {})
    if measured:
        bench.print_workloads(measured)
    if startup:
        bench.print_startup(startup)
    if options.json:
        result = {"base": bench.base, "runs": bench.runs, "workloads": measured, "startup": startup}
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    if options.svg and measured and bench.others:
        options.svg.write_text(plot.ratios(bench.base, bench.others, measured))


if __name__ == "__main__":
    main()
