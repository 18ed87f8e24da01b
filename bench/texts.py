"""The text format: a module as text to bytes and back, by Weft and by wabt's tools."""

import shutil
import statistics

from measure import run

MODULE = "startup_4m"
# What is measured, and which command does it: {text} and {wasm} stand for the files.
WEFT = {"text to binary": "wat2wasm", "binary to text": "wasm2wat"}
# As Weft's: all features, and no validation.
WABT = ("--enable-all", "--no-check")


def measure(launcher, build, runs):
    """Medians of CPU time and memory by row and tool; the tools take turns. Rows have the text's bytes, too."""
    weft = str(build / "weft")
    wasm = str(build / "guests" / f"{MODULE}.wasm")
    text = str(build / "bench" / f"{MODULE}.wat")
    run(launcher, [weft, "wasm2wat", wasm, "-o", text])
    size = (build / "bench" / f"{MODULE}.wat").stat().st_size
    rows = {}
    for what, tool in WEFT.items():
        source = text if tool == "wat2wasm" else wasm
        commands = {"weft": [weft, tool, source, "-o", "/dev/null"]}
        if shutil.which(tool):
            commands["wabt"] = [tool, *WABT, source, "-o", "/dev/null"]
        samples = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                samples[name].append(run(launcher, command))
        rows[what] = {
            name: {kind: statistics.median(getattr(sample, kind) for sample in taken) for kind in ("cpu", "rss")}
            for name, taken in samples.items()
        } | {"bytes": size}
    return rows


def table(rows):
    """Lines for print_table: milliseconds of CPU time and MiB, and in brackets the ratio to Weft's."""
    size = next(iter(rows.values()))["bytes"]
    lines = [[f"text of {size / 1e6:.1f} MB", "weft ms", "wabt ms", "weft MiB", "wabt MiB"]]
    for what, row in rows.items():
        cells = []
        for kind, scale in (("cpu", 1e3), ("rss", 1 / 1024)):
            base = row["weft"][kind]
            cells.append(f"{base * scale:.1f}")
            other = row.get("wabt", {}).get(kind)
            cells.append(f"{other * scale:.1f} ({other / base:.2f})" if other else "-")
        lines.append([what, *cells])
    return lines
