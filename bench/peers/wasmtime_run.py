"""Runs a WASI program on Wasmtime: wasmtime_run.py TARGET FILE.wasm, where TARGET is native or pulley64.

The CPU time of the program alone, without Python and the compiler, goes to the file that compare.py names.
"""

import os
import resource
import sys

import wasmtime


def user_seconds():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def main():
    target, file = sys.argv[1:]
    config = wasmtime.Config()
    if target != "native":
        config.target = target
    for feature in ("wasm_gc", "wasm_function_references", "wasm_exceptions"):
        setattr(config, feature, True)
    engine = wasmtime.Engine(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = [file]
    wasi.inherit_stdout()
    store.set_wasi(wasi)
    start = linker.instantiate(store, wasmtime.Module.from_file(engine, file)).exports(store)["_start"]
    begin = user_seconds()
    try:
        start(store)
    except wasmtime.ExitTrap as trap:
        if trap.code != 0:
            sys.exit(trap.code)
    if "WEFT_BENCH_SECONDS" in os.environ:
        with open(os.environ["WEFT_BENCH_SECONDS"], "w", encoding="ascii") as out:
            print(user_seconds() - begin, file=out)


main()
