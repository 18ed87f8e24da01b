#!/usr/bin/env python3
"""Who may include whom: one table, checked on every #include "..." and <weft/...>.

Data flows one way (docs/architecture.md). A layer may include itself and what its row lists: a folder ("interp/core/") or
one file. tests/, spec-tests/ and bench/ may include anything, and nothing includes them, but for the scripts of spec-tests/,
which the command runs.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CORE = "interp/core/"
DECODE = "interp/decode/"
VALIDATE = "interp/validate/"
TRANSLATE = "interp/translate/"
RUNTIME = "interp/runtime/"
EXECUTE = "interp/execute/"
TEXT = "interp/text/"
DEBUG = "interp/debug/"
PUBLIC = "api/include/weft/"
ENGINE = [CORE, DECODE, VALIDATE, TRANSLATE, RUNTIME, EXECUTE, TEXT]
# The one way into debug from the engine: the tracer's and the profiler's hook.
HOOK = "interp/debug/hook.h"
# Modules as text: beside the assembler in the API.
PRINTER = "interp/debug/module_printer.h"
CUSTOM_SECTIONS = "interp/debug/custom_sections.h"

# Test scripts, which `weft wast` runs.
SCRIPTS = "spec-tests/scripts/"

# What translated code is: the cells, and where they are kept.
CODE_FORMAT = [
    "interp/translate/byte_loop.h",
    "interp/translate/cell.h",
    "interp/translate/cell_layout.h",
    "interp/translate/code.h",
    "interp/translate/fusion_rows.h",
    "interp/translate/optimizations.h",
]
# Casts, imports and layouts of objects need the engine's types at run time.
TYPES = "interp/validate/type_registry.h"
RUNTIME_STRUCTURES = ["interp/runtime/context.h", "interp/runtime/objects.h", "interp/runtime/store.h"]

MAY_INCLUDE = {
    CORE: [],
    DECODE: [CORE],
    VALIDATE: [CORE, DECODE],
    # Translated code addresses the runtime's structures; it never runs anything.
    TRANSLATE: [CORE, DECODE, VALIDATE, *RUNTIME_STRUCTURES, "interp/execute/handlers.h", HOOK],
    TEXT: [CORE],
    RUNTIME: [CORE, "interp/decode/module.h", TYPES, *CODE_FORMAT],
    EXECUTE: [CORE, RUNTIME, TYPES, *CODE_FORMAT, HOOK],
    DEBUG: ENGINE,
    PUBLIC: [],
    # A backend is an adapter: it reaches everything of the engine behind it, the disassembler for `weft dump` too.
    "api/backends/interp/": [PUBLIC, "api/", *ENGINE, DEBUG],
    # Our own decoder describes modules on every backend: so errors, limits and names are the same.
    "api/backends/wasmtime/": [PUBLIC, "api/", "interp/decode/module.h"],
    "api/backends/": [PUBLIC, "api/"],
    "api/": [PUBLIC, *ENGINE, HOOK, PRINTER, CUSTOM_SECTIONS],
    # These prove that the public API suffices.
    "api/c/": [PUBLIC],
    "wasi/": [PUBLIC],
    "cli/": [PUBLIC, SCRIPTS],
    "examples/": [PUBLIC],
    "bindings/": [PUBLIC],
}
FREE = ["tests/", "spec-tests/", "bench/"]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<(weft/[^>]+)>)', re.MULTILINE)
SUFFIXES = {".h", ".hh", ".hpp", ".cc", ".cpp", ".c", ".def", ".inc", ".S"}


def layer_of(path):
    """The most specific row that holds this path."""
    rows = [row for row in MAY_INCLUDE if path.startswith(row)]
    return max(rows, key=len, default=None)


def includes(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        target = match[1] or match[2]
        if target.startswith("hwy/"):  # Highway's, written in quotes as its manual does
            continue
        yield line, "api/include/" + target if target.startswith("weft/") else target


def check(path):
    layer = layer_of(path)
    free = any(path.startswith(folder) for folder in FREE)
    for line, target in includes(path):
        where = f"{path}:{line}:"
        if not free and any(target.startswith(folder) for folder in FREE) and not target.startswith(SCRIPTS):
            yield f"{where} includes {target}: tests are included by tests only"
        elif free and ((ROOT / path).parent / target).exists():
            pass  # guest programs are no part of this tree's C++: they name their neighbours
        elif not (ROOT / target).exists():
            yield f'{where} "{target}": there is no such file (includes are written from the repository\'s root)'
        elif layer and not free:
            allowed = [layer, *MAY_INCLUDE[layer]]
            if not any(target == a or (a.endswith("/") and target.startswith(a)) for a in allowed):
                yield f"{where} {layer} may not include {target}"


def sources():
    for top in ["interp", "api", "wasi", "cli", "examples", "bindings", "tests", "spec-tests", "bench"]:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file() and "target" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def main():
    files = list(sources())
    problems = [problem for path in files for problem in check(path)]
    for problem in problems:
        print(problem)
    print(f"layers: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
