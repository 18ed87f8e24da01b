#!/usr/bin/env python3
"""Makes the modules that start-up is measured with: an empty program, and programs of about 250 KB, 4 MB and 20 MB.
Of 250 KB there is another that ends where it begins: all of it is loaded, and nothing runs.

    big_modules.py --cc CLANG --out DIR WORKLOAD.c ...

The workloads become one program, of which a small part runs. The larger modules hold copies of its functions, in another
order, with other constants, offsets and callees, so that no two are the same. The same sources and compiler make the
same modules.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = {"250k": 250_000, "4m": 4_000_000, "20m": 20_000_000}  # bytes, at least
IDLE = {"250k_idle": 250_000}
EMPTY = "int main(void) { return 0; }\n"

IMPORT, FUNCTION, CODE = 2, 3, 10  # sections


def unsigned(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    out = bytearray()
    while not -64 <= value <= 63:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value & 127)
    return bytes(out)


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self):
        begin = self.at
        value = self.unsigned()
        bits = 7 * (self.at - begin)
        return value - (1 << bits) if value >> (bits - 1) else value

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count : self.at]


def sections(module):
    """The sections of a module as pairs of id and contents, without custom ones."""
    reader = Reader(module, 8)
    found = []
    while reader.at < len(module):
        section = reader.byte()
        contents = reader.bytes(reader.unsigned())
        if section != 0:
            found.append((section, contents))
    return found


def vector(contents, read):
    reader = Reader(contents)
    return [read(reader) for _ in range(reader.unsigned())]


def parts(body):
    """A body cut where a copy may differ: bytes that stay, and pairs of what an immediate is and its value."""
    reader = Reader(body)
    found = []
    kept = 0

    def variable(kind, read):
        nonlocal kept
        found.append(body[kept : reader.at])
        found.append((kind, read()))
        kept = reader.at

    for _ in range(reader.unsigned()):  # runs of locals
        reader.unsigned()
        reader.byte()
    while reader.at < len(body):
        code = reader.byte()
        if code in (0x02, 0x03, 0x04):  # block, loop, if
            reader.signed()
        elif code in (0x0C, 0x0D) or 0x20 <= code <= 0x24:  # br, br_if, locals and globals
            reader.unsigned()
        elif code == 0x0E:  # br_table
            for _ in range(reader.unsigned() + 1):
                reader.unsigned()
        elif code == 0x10:
            variable("call", reader.unsigned)
        elif code == 0x11:  # call_indirect
            reader.unsigned(), reader.unsigned()
        elif 0x28 <= code <= 0x3E:  # loads and stores
            reader.unsigned()
            variable("offset", reader.unsigned)
        elif code in (0x3F, 0x40):  # memory.size, memory.grow
            reader.byte()
        elif code == 0x41:
            variable("i32", reader.signed)
        elif code == 0x42:
            variable("i64", reader.signed)
        elif code in (0x43, 0x44):
            reader.bytes(4 if code == 0x43 else 8)
        elif code == 0xFC:
            if reader.unsigned() > 7:
                sys.exit("bulk operations are not among what these workloads compile to")
        elif not (code in (0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B) or 0x45 <= code <= 0xC4):
            sys.exit(f"instruction 0x{code:02x} is not known here")
    found.append(body[kept:])
    return found


def varied(body, pick, imported, own):
    """A copy of a body, given as its parts. `own` maps functions to their copies of the same turn."""
    out = bytearray()
    for part in body:
        if isinstance(part, bytes):
            out += part
            continue
        kind, value = part
        if kind == "call":
            out += unsigned(own[value - imported] if value >= imported and pick.random() < 0.9 else value)
        elif kind == "offset":
            out += unsigned(value + 4 * pick.randrange(16) if value > 0 else value)
        else:
            # About the size that it had; small ones are often counts and flags, and stay.
            out += signed(value ^ pick.randrange(64) if abs(value) > 16 else value)
    return bytes(out)


def grown(module, size, pick):
    """The module with copies of its functions until it is `size` bytes long."""
    old = dict(sections(module))
    types = vector(old[FUNCTION], Reader.unsigned)
    bodies = vector(old[CODE], lambda reader: reader.bytes(reader.unsigned()))
    imported = old[IMPORT][0]  # all of them functions, and few
    originals = [parts(body) for body in bodies]
    total = len(module)
    while total < size:
        order = list(range(len(originals)))
        pick.shuffle(order)
        own = {function: imported + len(bodies) + place for place, function in enumerate(order)}
        for function in order:
            bodies.append(varied(originals[function], pick, imported, own))
            types.append(types[function])
            total += len(bodies[-1]) + 3
    old[FUNCTION] = unsigned(len(types)) + b"".join(map(unsigned, types))
    old[CODE] = unsigned(len(bodies)) + b"".join(unsigned(len(body)) + body for body in bodies)
    return module[:8] + b"".join(bytes([section]) + unsigned(len(old[section])) + old[section] for section in old)


def linked(flags, source, objects=()):
    """A stripped program of a source text and object files."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "out.wasm")
        command = [*flags, "-s", *objects, "-x", "c", "-", "-o", out]
        subprocess.run(command, input=source.encode(), check=True)
        return out.read_bytes()


def compiled(cc, workloads, idle):
    """All workloads as one module: main is the first one, small, or nothing; a table of the others keeps them in."""
    names = [workload.stem for workload in workloads]
    table = "".join(f"int main_{name}(int, char**);\n" for name in names)
    table += f"static int (*volatile const programs[])(int, char**) = {{{', '.join(f'main_{name}' for name in names)}}};\n"
    run = 'return programs[number](2, (char*[]){"", "1", 0});'
    if idle:
        table += f"static volatile int number = -1;\nint main(void) {{ if (number < 0) return 0; {run} }}\n"
    else:
        table += f"int main(int number, char** argv) {{ (void)argv; --number; {run} }}\n"
    flags = [cc, "--target=wasm32-wasi", "-O2"]
    with tempfile.TemporaryDirectory() as scratch:
        objects = []
        for name, workload in zip(names, workloads):
            objects.append(f"{scratch}/{name}.o")
            subprocess.run([*flags, f"-Dmain=main_{name}", "-c", workload, "-o", objects[-1]], check=True)
        return linked(flags, table, objects)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cc", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("workloads", type=Path, nargs="+", metavar="WORKLOAD.c")
    options = parser.parse_args()
    modules = {}
    for sizes, idle in ((SIZES, False), (IDLE, True)):
        program = compiled(options.cc, options.workloads, idle)
        modules |= {name: grown(program, size, random.Random(size)) for name, size in sizes.items()}
    modules["empty"] = linked([options.cc, "--target=wasm32-wasi", "-O2"], EMPTY)
    for name, module in modules.items():
        (options.out / f"startup_{name}.wasm").write_bytes(module)


if __name__ == "__main__":
    main()
