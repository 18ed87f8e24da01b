"""Greets by way of a guest's memory: python3 greet.py greeting.wasm [NAME], after ./build.sh"""

import sys

import weft


def put_c_string(store, memory, text):
    """Writes text and a NUL to the end of the memory, which nobody uses yet, and says where."""
    data = text.encode() + b"\0"
    at = memory.data_len(store) - len(data)
    memory.write(store, data, at)
    return at


def c_string(store, memory, at):
    data = memory.read(store, at, memory.data_len(store))
    return data[: data.index(0)].decode()


path = sys.argv[1] if len(sys.argv) > 1 else "greeting.wasm"
name = sys.argv[2] if len(sys.argv) > 2 else "World"

engine = weft.Engine()
store = weft.Store(engine)
wasi = weft.WasiConfig()
wasi.inherit_stdout()
store.set_wasi(wasi)

linker = weft.Linker(engine)
linker.define_wasi()
instance = linker.instantiate(store, weft.Module.from_file(engine, path))
exports = instance.exports(store)
memory = exports["memory"]

at = put_c_string(store, memory, name)
print(f"{memory.data_len(store)} bytes of memory, the name at {at}", flush=True)

greeting = exports["custom_greet"](store, at)
print(c_string(store, memory, greeting), flush=True)
exports["free_string"](store, greeting)
print("5 + 3 =", exports["add"](store, 5, 3))
