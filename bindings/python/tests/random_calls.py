"""random_calls.py SEED SECONDS: calls everything that the package has, with whatever it has given before.

Prints how many calls there were, and how many of them raised nothing. Anything but an ordinary exception is a failure.
"""

import faulthandler
import random
import sys
import time

import weft

TEXT = """(module (import "env" "f" (func $f (param i32) (result i32)))
  (memory (export "m") 1 3) (table (export "t") 2 10 externref) (global (export "g") (mut i64) (i64.const 1))
  (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
  (func (export "trap") unreachable) (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "ref") (param externref) (result externref) (table.set 0 (i32.const 0) (local.get 0)) (table.get 0 (i32.const 0))))"""
# Those that would wait or write somewhere.
LEFT_OUT = {"inherit_stdin", "stdin_file", "inherit_stdout", "inherit_stderr"}


class Calls:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pool = [None, True, 0, 1, -1, 7, 65536, 2**31, 2**63, 2**70, 1.5, float("nan"), "", "f", "env", "m", "a\0b",
                     b"", b"abc", bytearray(b"xyz"), [], [1, 2], {}, (), object(), weft.Val.i32(3)]  # fmt: skip
        self.fixed = len(self.pool)
        self.depth = 0

    def keep(self, value):
        self.pool.append(value)
        if len(self.pool) > self.fixed + 150:
            del self.pool[self.random.randrange(self.fixed, len(self.pool))]

    def any(self, kind=object):
        found = [value for value in self.pool if isinstance(value, kind)]
        return self.random.choice(found or self.pool)

    def host(self, *args):
        """A host function: does something else meanwhile."""
        if self.depth < 4:
            self.depth += 1
            try:
                for _ in range(self.random.randrange(4)):
                    self.one()
            finally:
                self.depth -= 1
        chance = self.random.random()
        if chance < 0.1:
            raise ValueError("host")
        return 5 if chance < 0.7 else self.any()

    def make(self):
        """Something usable, from what there is or anew."""
        what = self.random.randrange(12)
        i32, externref = weft.ValType.i32(), weft.ValType.externref()
        if what == 0:
            return weft.Store(weft.Engine(), self.any())
        store = self.any(weft.Store)
        if not isinstance(store, weft.Store):
            return weft.Store(weft.Engine())
        if what == 1:
            return weft.Store(store.engine)
        if what in (2, 3, 4):
            linker = weft.Linker(store.engine)
            linker.define_func("env", "f", weft.FuncType([i32], [i32]), self.host, self.random.random() < 0.5)
            self.keep(linker)
            instance = linker.instantiate(store, weft.Module(store.engine, TEXT))
            for export in instance.exports(store).by_index:
                self.keep(export)
            return instance
        if what == 5:
            return weft.Memory(store, weft.MemoryType(weft.Limits(1, 5)))
        if what == 6:
            return weft.Func(store, weft.FuncType([i32], [i32]), self.host, self.random.random() < 0.5)
        if what == 7:
            return weft.Table(store, weft.TableType(externref, weft.Limits(1, 9)), self.any())
        if what == 8:
            return weft.Global(store, weft.GlobalType(externref, True), self.any())
        if what == 9:
            return weft.WasiConfig()
        if what == 10:
            return memoryview(self.any(weft.Memory))
        return getattr(weft.ValType, self.random.choice(["i32", "i64", "f32", "f64", "externref", "funcref"]))()

    def one(self):
        if self.random.random() < 0.15:
            self.keep(self.make())
            return
        target = self.random.choice(self.pool[self.fixed :] or [self])
        names = [name for name in dir(target) if not name.startswith("_") and name not in LEFT_OUT]
        if isinstance(target, weft.Func):
            names += ["__call__"] * 2 * len(names)
        if not type(target).__module__.startswith("weft") or not names:
            return
        name = self.random.choice(names)
        if name == "close" and self.random.random() < 0.8:
            return
        member = getattr(target, name)
        if callable(member):
            arguments = [self.any() for _ in range(self.random.randrange(4))]
            if self.random.random() < 0.8:
                arguments = [self.any(weft.Store), *arguments]
            # Sizes that would take the machine's memory are not what is tested here.
            arguments = [value if type(value) is not int or abs(value) < 2**20 else value % 100 for value in arguments]
            member = member(*arguments)
        self.keep(member)


def main(seed, seconds):
    faulthandler.enable()
    calls = Calls(seed)
    end = time.monotonic() + seconds
    count = successes = 0
    while time.monotonic() < end:
        count += 1
        try:
            calls.one()
            successes += 1
        except (SystemError, MemoryError, AssertionError):
            raise
        except Exception:
            pass
    print(count, successes)


main(int(sys.argv[1]), float(sys.argv[2]))
