"""Who keeps whom alive, and that nothing leaks. Counts are of weak references, reference counts and memory."""

import gc
import sys
import weakref

import pytest

RUN = '(module (import "" "f" (func $f)) (func (export "run") call $f))'


class Host:
    """A callable that can be watched."""

    def __init__(self, *held):
        self.held = held

    def __call__(self, *args):
        return None


def void(package):
    return package.FuncType([], [])


def test_a_host_function_lives_as_long_as_its_store(weft, collect):
    store = weft.Store()
    host = Host()
    alive = weakref.ref(host)
    func = weft.Func(store, void(weft), host)
    del host, func
    collect()
    assert alive() is not None
    del store
    collect()
    assert alive() is None


def test_closing_a_store_drops_its_host_functions(weft, collect):
    store = weft.Store()
    host = Host()
    alive = weakref.ref(host)
    func = weft.Func(store, void(weft), host)
    del host
    store.close()
    collect()
    assert alive() is None
    del func


def test_a_linker_s_functions_live_as_long_as_who_uses_them(weft, collect):
    engine = weft.Engine()
    linker = weft.Linker(engine)
    host = Host()
    alive = weakref.ref(host)
    linker.define_func("", "f", void(weft), host)
    del host
    store = weft.Store(engine)
    run = linker.instantiate(store, weft.Module(engine, RUN)).exports(store)["run"]
    linker.close()
    del linker
    collect()
    run(store)
    del run
    store.close()
    collect()
    assert alive() is None


def test_a_linker_that_is_dropped_drops_its_functions(weft, collect):
    linker = weft.Linker(weft.Engine())
    host = Host()
    alive = weakref.ref(host)
    linker.define_func("", "f", void(weft), host)
    del host, linker
    collect()
    assert alive() is None


def test_a_store_whose_function_refers_to_it_is_collected(weft, collect):
    store = weft.Store()
    host = Host(store)
    alive = [weakref.ref(store), weakref.ref(host)]
    func = weft.Func(store, void(weft), host)
    func(store)
    host.held += (func,)
    del store, host, func
    collect()
    assert [ref() for ref in alive] == [None, None]


def test_a_store_whose_function_is_a_closure_of_exports_is_collected(weft, collect):
    engine = weft.Engine()
    store = weft.Store(engine)
    linker = weft.Linker(engine)
    linker.define_func("", "f", void(weft), lambda: exports)
    exports = linker.instantiate(store, weft.Module(engine, RUN)).exports(store)
    alive = [weakref.ref(store), weakref.ref(linker)]
    del store, linker, exports, engine
    collect()
    assert [ref() for ref in alive] == [None, None]


def test_a_linker_whose_function_refers_to_it_is_collected(weft, collect):
    linker = weft.Linker(weft.Engine())
    host = Host(linker)
    alive = [weakref.ref(linker), weakref.ref(host)]
    linker.define_func("", "f", void(weft), host)
    del linker, host
    collect()
    assert [ref() for ref in alive] == [None, None]


def test_a_store_whose_data_refers_to_it_is_collected(weft, collect):
    data = Host()
    store = weft.Store(weft.Engine(), data)
    data.held = store
    alive = [weakref.ref(store), weakref.ref(data)]
    del store, data
    collect()
    assert [ref() for ref in alive] == [None, None]


def test_a_store_whose_stream_refers_to_it_is_collected(weft, collect):
    config = weft.WasiConfig()
    store = weft.Store()
    host = Host(store)
    config.stdout_custom = host
    store.set_wasi(config)
    alive = [weakref.ref(store), weakref.ref(host)]
    del store, host, config
    collect()
    assert [ref() for ref in alive] == [None, None]


def test_an_object_that_a_store_holds_lives_until_it_is_closed(weft, collect):
    store = weft.Store()
    table = weft.Table(store, weft.TableType(weft.ValType.externref(), weft.Limits(1, None)), None)
    data = Host(store)
    alive = weakref.ref(data)
    table.set(store, 0, data)
    del data
    collect()
    assert table.get(store, 0) is alive()
    store.close()
    collect()
    assert alive() is None


def test_an_object_that_a_guest_no_longer_holds_is_dropped(weft, collect):
    store = weft.Store()
    cell = weft.Global(store, weft.GlobalType(weft.ValType.externref(), True), Host())
    alive = weakref.ref(cell.value(store))
    cell.set_value(store, None)
    store.gc()
    collect()
    assert alive() is None


def test_a_store_that_is_dropped_drops_what_it_holds(weft, collect):
    store = weft.Store()
    cell = weft.Global(store, weft.GlobalType(weft.ValType.externref(), True), Host())
    alive = weakref.ref(cell.value(store))
    del store, cell
    collect()
    assert alive() is None


def test_an_exception_is_not_kept(weft, guest, collect):
    class Watched(Exception):
        pass

    store = weft.Store()

    def host():
        raise Watched()

    one = guest(RUN, [weft.Func(store, void(weft), host)], store)
    try:
        one.call("run")
    except Watched as error:
        alive = weakref.ref(error)
    collect()
    assert alive() is None


def test_arguments_and_results_are_not_kept(weft, guest, collect):
    one = guest('(module (func (export "f") (param externref) (result externref) local.get 0))')
    for _ in range(3):
        data = Host()
        alive = weakref.ref(data)
        assert one.call("f", data) is data
        del data
        one.store.gc()
        collect()
        assert alive() is None


def test_objects_of_a_store_keep_it_or_are_errors(weft, collect):
    """Handles whose store is gone, with another store."""
    store = weft.Store()
    memory = weft.Memory(store, weft.MemoryType(weft.Limits(1, None)))
    func = weft.Func(store, void(weft), lambda: None)
    del store
    collect()
    for use in (lambda: memory.size(weft.Store()), lambda: func(weft.Store()), lambda: memory.read(weft.Store(), 0, 1)):
        with pytest.raises((ValueError, weft.WasmtimeError)):
            use()


def references_after(count, call, watched):
    """How the reference count of an object changes by so many calls."""
    call()
    before = sys.getrefcount(watched)
    for _ in range(count):
        call()
    gc.collect()
    return sys.getrefcount(watched) - before


def raising(call, kind):
    def run():
        try:
            call()
        except kind:
            return
        raise AssertionError("nothing was raised")

    return run


def test_calls_leak_no_references(weft, guest):
    data = object()
    error = ValueError("reason")

    def fail():
        raise error

    store = weft.Store()
    i32, externref = weft.ValType.i32(), weft.ValType.externref()
    one = guest(
        """(module (import "" "fail" (func $fail)) (import "" "id" (func $id (param externref) (result externref)))
          (func (export "fail") call $fail) (func (export "trap") unreachable)
          (func (export "id") (param externref) (result externref) (call $id (local.get 0)))
          (func (export "pair") (param externref) (result externref externref) local.get 0 local.get 0)
          (table (export "t") 1 externref) (global (export "g") (mut externref) (ref.null extern)))""",
        [weft.Func(store, void(weft), fail), weft.Func(store, weft.FuncType([externref], [externref]), lambda v: v)],
        store,
    )
    exports = one.exports
    error.__traceback__ = None

    def failing():
        try:
            exports["fail"](store)
        except ValueError as caught:
            caught.__traceback__ = None
            caught.__context__ = None

    for call, watched in (
        (failing, error),
        (lambda: exports["id"](store, data), data),
        (lambda: exports["pair"](store, data), data),
        (lambda: (exports["t"].set(store, 0, data), exports["t"].get(store, 0), exports["t"].set(store, 0, None)), data),
        (lambda: (exports["g"].set_value(store, data), exports["g"].value(store), exports["g"].set_value(store, None)), data),
        (raising(lambda: exports["id"](store, data, data), weft.WasmtimeError), data),
        (raising(lambda: exports["fail"](store, data), weft.WasmtimeError), data),
        (raising(lambda: exports["trap"](store), weft.Trap), store),
        (lambda: exports["id"](store, None), None),
        (lambda: exports["t"].size(store), store),
        (lambda: weft.Val.externref(data), data),
        (lambda: weft.Store(store.engine, data), data),
        (lambda: weft.FuncType([i32], [i32]).params, i32),
    ):

        def settled(call=call):
            call()
            store.gc()

        changed = references_after(500, settled, watched)
        assert abs(changed) < 50, (watched, changed)


LEAKS = {
    "stores": "s = weft.Store(); weft.Memory(s, weft.MemoryType(weft.Limits(1, 2)))",
    "instances": "s = weft.Store(engine); weft.Instance(s, module, []).exports(s)['f'](s, 1)",
    "modules": "weft.Module(engine, wasm)",
    "engines": "weft.Engine(weft.Config())",
    "linkers": "l = weft.Linker(engine); l.define_func('a', 'b', ty, lambda: None); l.define_wasi()",
    "functions": "s = weft.Store(engine); weft.Func(s, ty, lambda: None)(s)",
    "cycles": "s = weft.Store(engine); f = weft.Func(s, ty, lambda: s); del s, f",
    "calls": "f(store, 1)",
    "failing calls": "\ntry: f(store)\nexcept weft.WasmtimeError: pass",
    "traps": "\ntry: trap(store)\nexcept weft.Trap as e: e.frames[0].func_name",
    "reads": "memory.read(store, 0, 1000); memory.write(store, b'x' * 1000, 5)",
    "views": "memoryview(memory)[5]; bytes(memory.get_buffer_ptr(store, 10, 5))",
    "text": "weft.wat2wasm('(module (func))')",
    "errors": "\ntry: weft.Module(engine, '(module (func (result i32)))')\nexcept weft.WasmtimeError as e: str(e)",
    "references": "ident(store, object()); store.gc()",
    "configs": "c = weft.WasiConfig(); c.argv = ['a', 'b']; c.env = [['a', 'b']]; c.stdout_custom = print; s = weft.Store(engine); s.set_wasi(c)",
    "types": "module.exports[1].type.params[0]; weft.FuncType([weft.ValType.i32()] * 10, [])",
}


@pytest.mark.parametrize("name", LEAKS)
def test_nothing_leaks(name, python):
    """The memory of the process stays where it is."""
    program = f"""
import gc, weft
engine = weft.Engine()
ty = weft.FuncType([], [])
wasm = bytes(weft.wat2wasm('''(module (memory (export "m") 1) (func (export "f") (param i32) (result i32) local.get 0)
  (func $named (export "trap") unreachable)
  (func (export "ident") (param externref) (result externref) local.get 0))'''))
module = weft.Module(engine, wasm)
store = weft.Store(engine)
exports = weft.Instance(store, module, []).exports(store)
f, trap, memory, ident = exports["f"], exports["trap"], exports["m"], exports["ident"]

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def run(count):
    for _ in range(count):
        {LEAKS[name].replace(chr(10), chr(10) + "        ")}
    gc.collect()

COUNT = 1500
run(COUNT)
before = resident()
run(COUNT)
run(COUNT)
print(resident() - before, len(gc.get_objects()))
"""
    done = python(program)
    assert done.returncode == 0, done.stderr
    grown, _ = map(int, done.stdout.split())
    # Two thirds of a kilobyte each would be two megabytes.
    assert grown < 2_000_000, f"{grown} bytes for 3,000"
