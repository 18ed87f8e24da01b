"""Calls and instances on each engine that weft-bench-backends can make, measured in one process."""

import json
import os
import subprocess

from measure import Failure

# Those of weft-bench-backends, the base of ratios first.
ENGINES = ("weft", "wasmtime_c", "wasmtime", "winch", "pulley")
# What the program calls each row, and its label and unit in nanoseconds.
ROWS = {
    "host_to_wasm": ("host calls wasm, ns", 1),
    "host_to_wasm_arguments": ("  with two arguments", 1),
    "host_to_wasm_to_host": ("  which calls the host", 1),
    "wasm_to_host": ("wasm calls host, ns", 1),
    "wasm_to_wasm": ("wasm calls wasm, ns", 1),
    "wasm_to_wasm_indirect": ("  by a table", 1),
    "instance": ("instance, us", 1e3),
    "store": ("store and instance, us", 1e3),
    "start_up": ("start-up, us", 1e3),
}
BYTES = "instance_bytes"


def measure(program, runs):
    """Medians of nanoseconds by row and engine, and of an instance's bytes; engines take turns."""
    command = [
        program,
        "--benchmark_enable_random_interleaving=true",
        f"--benchmark_repetitions={max(runs, 2)}",
        "--benchmark_min_time=0.05",
        "--benchmark_format=json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    if done.returncode != 0:
        raise Failure(f"{program}: {done.stderr.strip()}")
    rows = {}
    for entry in json.loads(done.stdout)["benchmarks"]:
        if entry.get("aggregate_name") != "median":
            continue
        what, engine = entry["run_name"].split("/")
        rows.setdefault(what, {})[engine] = entry["call"] * 1e9 if "call" in entry else entry["cpu_time"]
        if "bytes" in entry:
            rows.setdefault(BYTES, {})[engine] = entry["bytes"]
    return rows


def table(rows):
    """Lines for print_table: a figure and, in brackets, its ratio to that of the first engine."""
    engines = [name for name in ENGINES if any(name in row for row in rows.values())]
    labels = {what: label for what, (label, _) in ROWS.items()} | {BYTES: "instance, bytes"}
    lines = [["calls and instances", *engines]]
    for what, label in labels.items():
        row = rows.get(what, {})
        scale = ROWS[what][1] if what in ROWS else 1
        base = row.get(engines[0])
        cells = [f"{row[name] / scale:.1f} ({row[name] / base:.2f})" if base and name in row else "-" for name in engines]
        lines.append([label, *cells])
    return lines
