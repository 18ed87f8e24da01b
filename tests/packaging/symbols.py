#!/usr/bin/env python3
"""What the shared library exports: each function of <wasm.h> and <weft.h>, and besides nothing but the C++ API.

    symbols.py LIBRARY CC INCLUDE-DIR VERSION-NODE
"""

import re
import subprocess
import sys

library, cc, include, node = sys.argv[1:]


def run(*command, stdin=None):
    return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout


# Declarations, marked by the macro that all exported ones have; the headers' own macros make most of them.
text = run(cc, "-E", "-P", "-DWASM_API_EXTERN=EXPORTED", f"-I{include}", "-xc", "-", stdin="#include <weft.h>\n")
declared = set(re.findall(r"\bEXPORTED\b[^;(]*?\b(w(?:asm|eft)_\w+)\s*\(", text))

exported = {}
for line in run("nm", "-D", "--defined-only", "--with-symbol-versions", library).splitlines():
    name, _, version = line.split()[-1].partition("@@")
    exported[name] = version
exported.pop(node, None)  # the version itself

problems = [f"{name} is declared and not exported" for name in sorted(declared - exported.keys())]
problems += [f"{name} has the version '{v}', not {node}" for name, v in sorted(exported.items()) if v != node]
others = sorted(exported.keys() - declared)
for name, plain in zip(others, run("c++filt", *others).splitlines() if others else []):
    public = re.match(r"(?:typeinfo for |typeinfo name for |vtable for )?weft::(?!interp::|c::|backends::Interp)", plain)
    if not name.startswith("_Z") or not public:
        problems.append(f"{plain} is exported and declared nowhere")

for problem in problems:
    print(problem)
print(f"symbols: {len(declared)} of C, {len(others)} of C++, {len(problems)} problems")
sys.exit(1 if problems or len(declared) < 400 or not others else 0)
