#!/usr/bin/env python3
"""Runs the workloads on several engines in turn; prints medians and ratios of CPU time, memory and start-up.

    compare.py --build DIR [--python FILE --site-packages DIR] [--runs N] [--only GROUP,...] [--json FILE] [--svg FILE] \
        NAME=COMMAND ...

DIR is a build folder with benchmarks. A COMMAND is split as a shell would; {wasm} and {native} in it stand for the
program, and an engine is left out where a file that it needs is missing. The first engine is the base of the ratios, and
must run everything; what others refuse is a dash and on stderr. Engines are interleaved within each run, so that a
machine that slows down slows them all. All must print the same checksum.

The figure of a workload is the median of user CPU time, of the whole process; an engine that a driver runs (peers/) is
charged for the program alone. Start-up is the whole process, always; what takes seconds there is run once.

Three groups are no programs: `calls-in-process` is what calls and instances cost on each backend of Weft's, in one process
(calls.py); `text-format` is what text costs, and with wabt's tools (texts.py); `python` is what calls cost in Weft's Python
package, which is in the build folder, and in that of Wasmtime, in the folder --site-packages, by the interpreter --python
(python_calls.py).
"""

import argparse
import json
import math
import shlex
import statistics
import sys
from pathlib import Path

import calls
import plot
import python_calls
import texts
from measure import Failure, run

STARTUP = "startup"  # the group whose programs are measured whole
LONG = 3  # seconds; what takes longer runs once


def median(runs, what):
    return statistics.median(getattr(sample, what) for sample in runs)


def geomean(values):
    return math.exp(statistics.mean(map(math.log, values)))


def print_table(rows):
    """Rows of cells, the first a label; a row without cells is an empty line."""
    columns = zip(*(row for row in rows if row))
    widths = [max(map(len, column)) for column in columns]
    for row in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:])]
        print("  ".join([f"{row[0]:{widths[0]}}", *cells]).rstrip() if row else "")


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
        """Medians of a program's runs by engine, without the engines that can't run it."""
        commands = {name: self.command(name, program) for name in self.engines}
        samples = {name: [] for name, command in commands.items() if command}
        if self.base not in samples:
            raise Failure(f"{program}: nothing to run on {self.base}, the base of the ratios")
        for turn in range(self.runs):
            # None comes always after the same other one, which may leave the processor's caches cold.
            names = list(samples)
            first = turn % len(names)
            for name in names[first:] + names[:first]:
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

    def summary(self, label, rows, what):
        """A line with one figure of each engine's ratios, starred if they are not of all the programs."""
        cells = []
        for name in self.others:
            ratios = self.ratios(rows, name)
            star = " " if len(ratios) == len(rows) else "*"
            cells.append(f"{what(ratios):.2f}{star}" if ratios else "- ")
        return [label, "", *cells]

    def print_workloads(self, groups):
        lines = [["workload", f"{self.base} ms", *(f"{self.base}/{name}" for name in self.others)]]
        for group, programs in groups.items():
            for program, row in programs.items():
                lines.append(self.summary(program.removeprefix("bench_"), [row], geomean))
                lines[-1][1] = f"{row[self.base]['user'] * 1e3:.1f}"
            lines += [self.summary(f"  {group}, geomean", programs.values(), geomean), []]
        rows = [row for programs in groups.values() for row in programs.values()]
        lines += [self.summary("all, geomean", rows, geomean), self.summary("all, worst", rows, max)]
        print_table(lines)
        print("* of the programs that the engine runs")

    def print_startup(self, programs):
        lines = []
        for title, what, scale in (
            ("start-up, ms", "wall", 1e3),
            ("CPU, ms", "cpu", 1e3),
            ("peak memory, MiB", "rss", 1 / 1024),
        ):
            lines += [[], [title, *self.engines]]
            for program, row in programs.items():
                cells = [f"{row[name][what] * scale:.1f}" if name in row else "-" for name in self.engines]
                lines.append([program.removeprefix(f"{STARTUP}_"), *cells])
        print_table(lines)


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


def other_groups(bench, options):
    """Those that are no programs: by group its name in the JSON, what measures it and what makes a table of that."""
    program = str(options.build / "bench" / "weft-bench-backends")
    groups = {
        "calls-in-process": ("calls", lambda: calls.measure(program, bench.runs), calls.table),
        "text-format": ("text", lambda: texts.measure(bench.launcher, options.build, bench.runs), texts.table),
        "python": (
            "python",
            lambda: python_calls.measure(options.python, options.build, options.site_packages, bench.runs),
            python_calls.table,
        ),
    }
    if not options.python:
        del groups["python"]
    return {group: row for group, row in groups.items() if not options.only or group in options.only}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--python", help="an interpreter, for the group python")
    parser.add_argument("--site-packages", help="where it finds Wasmtime's package")
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
        others = other_groups(bench, options)
        if not (groups or others):
            sys.exit(f"no workloads in {bench.guests}, or no such group")
        measured = {
            group: {program: bench.measure(program) for program in programs} for group, programs in groups.items()
        }
        measured_others = {name: (measure(), table) for name, measure, table in others.values()}
    except (Failure, OSError) as failure:
        sys.exit(str(failure))
    startup = measured.pop(STARTUP, {})
    if measured:
        bench.print_workloads(measured)
    if startup:
        bench.print_startup(startup)
    for rows, table in measured_others.values():
        print()
        print_table(table(rows))
    if options.json:
        result = {
            "base": bench.base,
            "runs": bench.runs,
            "workloads": measured,
            "startup": startup,
            **{name: rows for name, (rows, _) in measured_others.items()},
        }
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    if options.svg and measured and bench.others:
        options.svg.write_text(plot.ratios(bench.base, bench.others, measured))


if __name__ == "__main__":
    main()
