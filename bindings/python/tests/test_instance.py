"""Instance and InstanceExports."""

import collections.abc

import pytest

EXPORTS = """(module
  (func (export "f") (result i32) i32.const 1)
  (memory (export "m") 1) (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 2)))"""


def test_exports_are_a_mapping(wt, guest):
    one = guest(EXPORTS)
    exports = one.exports
    assert isinstance(exports, collections.abc.Mapping)
    assert len(exports) == 4
    assert list(exports) == list(exports.keys()) == ["f", "m", "t", "g"]
    assert [type(e) for e in exports.values()] == [wt.Func, wt.Memory, wt.Table, wt.Global]
    assert [name for name, _ in exports.items()] == ["f", "m", "t", "g"]
    assert "f" in exports
    assert "x" not in exports
    assert exports.get("x") is None
    assert exports.get("x", 5) == 5
    with pytest.raises(KeyError):
        exports["x"]
    with pytest.raises(KeyError):
        exports[0]


def test_exports_have_an_order(wt, guest):
    one = guest(EXPORTS)
    assert [type(e) for e in one.exports.by_index] == [wt.Func, wt.Memory, wt.Table, wt.Global]
    assert one.exports.by_index[0](one.store) == 1
    with pytest.raises(IndexError):
        one.exports.by_index[4]


def test_exports_are_made_once(wt, guest):
    one = guest(EXPORTS)
    assert one.instance.exports(one.store) is one.exports
    assert one.exports["m"] is one.exports["m"]


def test_exports_are_evaluated(wt, guest):
    one = guest(EXPORTS)
    assert one.exports["g"].value(one.store) == 2
    assert one.exports["m"].size(one.store) == 1
    assert one.exports["t"].size(one.store) == 1


def test_imports_are_in_order(wt, store, guest):
    i32 = wt.ValType.i32()
    func = wt.Func(store, wt.FuncType([], [i32]), lambda: 10)
    memory = wt.Memory(store, wt.MemoryType(wt.Limits(1, None)))
    cell = wt.Global(store, wt.GlobalType(i32, True), 5)
    table = wt.Table(store, wt.TableType(wt.ValType.funcref(), wt.Limits(1, None)), None)
    text = """(module (import "" "f" (func $f (result i32))) (import "" "m" (memory 1))
      (import "" "g" (global $g (mut i32))) (import "" "t" (table 1 funcref))
      (func (export "run") (result i32) (i32.store (i32.const 0) (call $f)) (i32.add (i32.load (i32.const 0)) (global.get $g)))
      (export "f" (func $f)))"""
    one = guest(text, [func, memory, cell, table], store)
    assert one.call("run") == 15
    assert memory.read(store, 0, 1) == b"\x0a"
    assert one.call("f") == 10
    module = wt.Module(store.engine, text)
    for imports in ((func, memory, cell, table), [memory, func, cell, table], [func, memory, cell], [], [func] * 5):
        if imports == (func, memory, cell, table):
            wt.Instance(store, module, imports)
        else:
            with pytest.raises(wt.WasmtimeError):
                wt.Instance(store, module, imports)


@pytest.mark.parametrize("other", [1, None, "f", lambda: None, object()])
def test_imports_are_externs(wt, store, other):
    module = wt.Module(store.engine, '(module (import "" "f" (func)))')
    with pytest.raises(TypeError):
        wt.Instance(store, module, [other])


def test_an_import_of_another_type_is_an_error(wt, store):
    module = wt.Module(store.engine, '(module (import "" "f" (func (param i32))))')
    with pytest.raises(wt.WasmtimeError):
        wt.Instance(store, module, [wt.Func(store, wt.FuncType([], []), lambda: None)])


def test_a_start_function_runs(wt, store):
    seen = []
    func = wt.Func(store, wt.FuncType([], []), lambda: seen.append(1))
    module = wt.Module(store.engine, '(module (import "" "f" (func $f)) (start $f))')
    wt.Instance(store, module, [func])
    assert seen == [1]


def test_a_start_function_that_traps_is_a_trap(wt, store):
    module = wt.Module(store.engine, "(module (func $f unreachable) (start $f))")
    with pytest.raises(wt.Trap) as caught:
        wt.Instance(store, module, [])
    assert caught.value.trap_code == wt.TrapCode.UNREACHABLE


def test_an_exception_of_a_start_function_comes_out(wt, store):
    func = wt.Func(store, wt.FuncType([], []), lambda: 1 / 0)
    module = wt.Module(store.engine, '(module (import "" "f" (func $f)) (start $f))')
    with pytest.raises(ZeroDivisionError):
        wt.Instance(store, module, [func])


def test_data_outside_of_memory_is_a_trap(wt, store):
    module = wt.Module(store.engine, '(module (memory 1) (data (i32.const 65536) "x"))')
    with pytest.raises(wt.Trap) as caught:
        wt.Instance(store, module, [])
    assert caught.value.trap_code == wt.TrapCode.MEMORY_OUT_OF_BOUNDS


def test_instances_of_a_module_are_apart(wt, guest):
    text = """(module (global $g (mut i32) (i32.const 0))
      (func (export "inc") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"""
    store = wt.Store()
    one, two = guest(text, store=store), guest(text, store=store)
    assert [one.call("inc"), one.call("inc"), two.call("inc")] == [1, 2, 1]


def test_exports_of_one_are_imports_of_another(wt, guest):
    store = wt.Store()
    one = guest('(module (memory (export "m") 1) (func (export "load") (result i32) (i32.load (i32.const 4))))', store=store)
    two = guest('(module (import "" "m" (memory 1)) (import "" "f" (func $f (result i32)))'
                ' (func (export "run") (result i32) (i32.store (i32.const 4) (i32.const 99)) call $f))',
                one.exports.by_index, store)
    assert two.call("run") == 99


def test_a_module_of_another_engine_is_an_error(weft):
    with pytest.raises(weft.WasmtimeError):
        weft.Instance(weft.Store(), weft.Module(weft.Engine(), "(module)"), [])


def test_an_import_of_another_store_is_an_error(weft):
    engine = weft.Engine()
    one, two = weft.Store(engine), weft.Store(engine)
    module = weft.Module(engine, '(module (import "" "f" (func)))')
    with pytest.raises((weft.WasmtimeError, ValueError)):
        weft.Instance(two, module, [weft.Func(one, weft.FuncType([], []), lambda: None)])
