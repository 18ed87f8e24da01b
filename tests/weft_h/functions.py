#!/usr/bin/env python3
"""Whether the tests of this folder call each function of <weft.h>: functions.py CC INCLUDE-DIR"""

import re
import subprocess
import sys
from pathlib import Path

cc, include = sys.argv[1:]
command = [cc, "-E", "-P", "-DWASM_API_EXTERN=EXPORTED", f"-I{include}", "-xc", "-"]
text = subprocess.run(command, input="#include <weft.h>\n", check=True, capture_output=True, text=True).stdout
declared = set(re.findall(r"\bEXPORTED\b[^;(]*?\b(weft_\w+)\s*\(", text))
declared |= set(re.findall(r"static inline \w+ (weft_\w+)\(", text))
tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.c"))
missing = sorted(name for name in declared if not re.search(rf"\b{name}\(", tests))
for name in missing:
    print(f"no test calls {name}")
print(f"functions: {len(declared)}, {len(missing)} without a test")
sys.exit(1 if missing or len(declared) < 200 else 0)
