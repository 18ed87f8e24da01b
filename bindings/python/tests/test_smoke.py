import weft as wasmtime


def test_calls_a_function():
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    module = wasmtime.Module(engine, """
        (module
          (memory (export "memory") 1)
          (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))""")
    exports = wasmtime.Instance(store, module, []).exports(store)
    assert exports["add"](store, 5, 3) == 8
    memory = exports["memory"]
    assert memory.write(store, b"abc", 10) == 3
    assert memory.read(store, 10, 13) == b"abc"
    assert memory.data_len(store) == 65536


def test_host_function_raises_as_itself():
    store = wasmtime.Store()
    linker = wasmtime.Linker(store.engine)
    error = RuntimeError("me")

    def fail():
        raise error

    linker.define_func("host", "fail", wasmtime.FuncType([], []), fail)
    module = wasmtime.Module(store.engine, '(module (import "host" "fail" (func $f)) (func (export "run") call $f))')
    run = linker.instantiate(store, module).exports(store)["run"]
    try:
        run(store)
    except RuntimeError as raised:
        assert raised is error
    else:
        assert False, "nothing was raised"
