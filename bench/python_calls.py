"""What calls cost from Python, in the package weft and in Wasmtime's package, in one process.

As a program, by the Python that has both packages: python_calls.py RUNS prints the nanoseconds as JSON.
"""

import json
import os
import statistics
import subprocess
import sys
import time

from measure import Failure

# The base of ratios first.
PACKAGES = ("weft", "wasmtime")
# What the program calls each row, and its label.
ROWS = {
    "call": "Python calls wasm, ns",
    "call_arguments": "  with two arguments",
    "host_call": "wasm calls Python, ns",
    "host_call_arguments": "  with two arguments",
    "read": "memory.read of 1 byte, ns",
    "write": "memory.write of 1 byte, ns",
    "exports": "store, instance, exports, ns",
}
HOST_CALLS = 100  # for each call of what makes them
TEXT = f"""(module (import "" "f" (func $f)) (import "" "add" (func $add (param i32 i32) (result i32)))
  (memory (export "memory") 1) (func (export "empty"))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "host") (local i32)
    (loop (call $f) (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const {HOST_CALLS})))))
  (func (export "host_add") (local i32)
    (loop (drop (call $add (local.get 0) (i32.const 3)))
      (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const {HOST_CALLS}))))))"""


def loops(package):
    """By row: a function that does it a number of times, and how many it does each time."""
    engine = package.Engine()
    module = package.Module(engine, TEXT)
    linker = package.Linker(engine)
    i32 = package.ValType.i32()
    linker.define_func("", "f", package.FuncType([], []), lambda: None)
    linker.define_func("", "add", package.FuncType([i32, i32], [i32]), lambda a, b: a)
    prepared = linker.instantiate_pre(module)
    store = package.Store(engine)
    exports = prepared.instantiate(store).exports(store)
    empty, add, host, host_add = (exports[name] for name in ("empty", "add", "host", "host_add"))
    memory = exports["memory"]

    def call(count):
        for _ in range(count):
            empty(store)

    def call_arguments(count):
        for _ in range(count):
            add(store, 5, 3)

    def host_call(count):
        for _ in range(count):
            host(store)

    def host_call_arguments(count):
        for _ in range(count):
            host_add(store)

    def read(count):
        for _ in range(count):
            memory.read(store, 5, 6)

    def write(count):
        for _ in range(count):
            memory.write(store, b"x", 5)

    def make(count):
        for _ in range(count):
            fresh = package.Store(engine)
            prepared.instantiate(fresh).exports(fresh)["empty"]

    return {
        "call": (call, 1),
        "call_arguments": (call_arguments, 1),
        "host_call": (host_call, HOST_CALLS),
        "host_call_arguments": (host_call_arguments, HOST_CALLS),
        "read": (read, 1),
        "write": (write, 1),
        "exports": (make, 1),
    }


def count_for(loop):
    """How often takes about a hundredth of a second."""
    count = 1
    while True:
        start = time.perf_counter_ns()
        loop(count)
        took = time.perf_counter_ns() - start
        if took > 2_000_000:
            return max(1, count * 10_000_000 // took)
        count *= 4


def measure_here(packages, runs):
    """Medians by row and package; packages take turns."""
    measured = {name: loops(package) for name, package in packages.items()}
    counts = {(row, name): count_for(measured[name][row][0]) for row in ROWS for name in packages}
    samples = {key: [] for key in counts}
    for _ in range(runs):
        for row in ROWS:
            for name in packages:
                loop, each = measured[name][row]
                start = time.perf_counter_ns()
                loop(counts[row, name])
                samples[row, name].append((time.perf_counter_ns() - start) / counts[row, name] / each)
    return {row: {name: statistics.median(samples[row, name]) for name in packages} for row in ROWS}


def measure(python, build, site_packages, runs):
    """As measure_here, by a Python that finds Weft's package in `build` and Wasmtime's in `site_packages`."""
    path = os.pathsep.join([str(build / "python"), site_packages])
    command = [python, __file__, str(max(runs, 3) * 3)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def table(rows):
    """Lines for print_table: a figure and, in brackets, its ratio to that of the first package."""
    lines = [["calls from Python", *PACKAGES]]
    for row, label in ROWS.items():
        base = rows[row][PACKAGES[0]]
        lines.append([label, *(f"{rows[row][name]:.0f} ({rows[row][name] / base:.1f})" for name in PACKAGES)])
    return lines


def main():
    import wasmtime
    import weft

    print(json.dumps(measure_here({"weft": weft, "wasmtime": wasmtime}, int(sys.argv[1]))))


if __name__ == "__main__":
    main()
