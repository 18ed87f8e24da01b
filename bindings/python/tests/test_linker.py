"""Linker and InstancePre."""

import pytest

ADDS = '(module (import "env" "f" (func $f (param i32) (result i32))) (func (export "run") (result i32) (call $f (i32.const 20))))'


@pytest.fixture
def engine(wt):
    return wt.Engine()


@pytest.fixture
def store(wt, engine):
    return wt.Store(engine)


@pytest.fixture
def linker(wt, engine):
    return wt.Linker(engine)


def i32_to_i32(wt):
    return wt.FuncType([wt.ValType.i32()], [wt.ValType.i32()])


def run(instance, store, name="run"):
    return instance.exports(store)[name](store)


def test_a_linker_knows_its_engine(wt, engine, linker):
    assert linker.engine is engine


def test_what_is_defined_is_imported(wt, engine, store, linker):
    func = wt.Func(store, i32_to_i32(wt), lambda value: value + 1)
    assert linker.define(store, "env", "f", func) is None
    assert run(linker.instantiate(store, wt.Module(engine, ADDS)), store) == 21


@pytest.mark.parametrize(
    "make, ty",
    [
        (lambda wt, store: wt.Memory(store, wt.MemoryType(wt.Limits(1, None))), "(memory 1)"),
        (lambda wt, store: wt.Global(store, wt.GlobalType(wt.ValType.i32(), False), 1), "(global i32)"),
        (lambda wt, store: wt.Table(store, wt.TableType(wt.ValType.funcref(), wt.Limits(1, None)), None), "(table 1 funcref)"),
    ],
)
def test_all_kinds_can_be_defined(wt, engine, store, linker, make, ty):
    linker.define(store, "m", "n", make(wt, store))
    linker.instantiate(store, wt.Module(engine, f'(module (import "m" "n" {ty}))'))
    assert type(linker.get(store, "m", "n")) is type(make(wt, store))


@pytest.mark.parametrize("other", [1, None, "f", lambda: None])
def test_other_things_cannot(wt, store, linker, other):
    with pytest.raises(TypeError):
        linker.define(store, "m", "n", other)


def test_a_function_needs_no_store(wt, engine, linker):
    calls = []

    def host(value):
        calls.append(value)
        return value * 2

    assert linker.define_func("env", "f", i32_to_i32(wt), host) is None
    module = wt.Module(engine, ADDS)
    for _ in range(2):
        store = wt.Store(engine)
        assert run(linker.instantiate(store, module), store) == 40
    assert calls == [20, 20]


def test_a_function_may_take_the_caller(wt, engine, store, linker):
    def host(caller, value):
        assert isinstance(caller, wt.Caller)
        return caller["m"].size(caller) + value

    linker.define_func("env", "f", i32_to_i32(wt), host, access_caller=True)
    module = wt.Module(engine, ADDS[:-1] + ' (memory (export "m") 3))')
    assert run(linker.instantiate(store, module), store) == 23


def test_a_function_has_a_type(wt, linker):
    with pytest.raises(TypeError):
        linker.define_func("env", "f", "type", lambda: None)


def test_an_exception_comes_out_as_itself(wt, engine, store, linker):
    error = LookupError("reason")

    def host(value):
        raise error

    linker.define_func("env", "f", i32_to_i32(wt), host)
    with pytest.raises(LookupError) as caught:
        run(linker.instantiate(store, wt.Module(engine, ADDS)), store)
    assert caught.value is error


def test_a_name_is_defined_once_unless_shadowing_is_allowed(wt, engine, store, linker):
    linker.define_func("env", "f", i32_to_i32(wt), lambda value: 1)
    with pytest.raises(wt.WasmtimeError):
        linker.define_func("env", "f", i32_to_i32(wt), lambda value: 2)
    with pytest.raises(wt.WasmtimeError):
        linker.define(store, "env", "f", wt.Func(store, i32_to_i32(wt), lambda value: 2))
    linker.allow_shadowing = True
    linker.define_func("env", "f", i32_to_i32(wt), lambda value: 3)
    assert run(linker.instantiate(store, wt.Module(engine, ADDS)), store) == 3
    linker.allow_shadowing = False
    with pytest.raises(wt.WasmtimeError):
        linker.define_func("env", "f", i32_to_i32(wt), lambda value: 4)
    with pytest.raises(AttributeError):
        linker.allow_shadowing


def test_what_is_missing_is_an_error(wt, engine, store, linker):
    with pytest.raises(wt.WasmtimeError) as caught:
        linker.instantiate(store, wt.Module(engine, ADDS))
    assert "env" in str(caught.value) and "f" in str(caught.value)


def test_what_has_another_type_is_an_error(wt, engine, store, linker):
    linker.define_func("env", "f", wt.FuncType([], []), lambda: None)
    with pytest.raises(wt.WasmtimeError):
        linker.instantiate(store, wt.Module(engine, ADDS))


def test_an_instance_is_defined_by_its_exports(wt, engine, store, linker):
    module = wt.Module(engine, '(module (func (export "f") (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1))))')
    linker.define_instance(store, "env", wt.Instance(store, module, []))
    assert run(linker.instantiate(store, wt.Module(engine, ADDS)), store) == 19
    with pytest.raises(wt.WasmtimeError):
        linker.define_instance(store, "env", wt.Instance(store, module, []))
    for other in (1, module, None):
        with pytest.raises(TypeError):
            linker.define_instance(store, "env", other)


def test_a_reactor_is_initialized_once(wt, engine, store, linker):
    module = wt.Module(engine, """(module (global $g (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $g (i32.add (global.get $g) (i32.const 100))))
      (func (export "f") (param i32) (result i32)
        (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))""")
    assert linker.define_module(store, "env", module) is None
    first = linker.instantiate(store, wt.Module(engine, ADDS))
    second = linker.instantiate(store, wt.Module(engine, ADDS))
    assert [run(first, store), run(second, store)] == [101, 102]


def test_a_command_is_new_for_each_call(wt, engine, store, linker):
    module = wt.Module(engine, """(module (global $g (mut i32) (i32.const 0))
      (func (export "_start"))
      (func (export "f") (param i32) (result i32)
        (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))""")
    linker.define_module(store, "env", module)
    instance = linker.instantiate(store, wt.Module(engine, ADDS))
    assert [run(instance, store), run(instance, store)] == [1, 1]


def test_a_module_is_a_module(wt, store, linker):
    for other in (1, None, "(module)"):
        with pytest.raises(TypeError):
            linker.define_module(store, "env", other)


def test_items_are_got(wt, engine, store, linker):
    linker.define_func("env", "f", i32_to_i32(wt), lambda value: value + 5)
    func = linker.get(store, "env", "f")
    assert isinstance(func, wt.Func)
    assert func(store, 1) == 6
    for module, name in (("env", "x"), ("x", "f"), ("", "")):
        with pytest.raises(wt.WasmtimeError):
            linker.get(store, module, name)


def test_the_default_of_a_module(wt, engine, store, linker):
    linker.define_func("named", "", wt.FuncType([], [wt.ValType.i32()]), lambda: 1)
    linker.define_func("started", "_start", wt.FuncType([], [wt.ValType.i32()]), lambda: 2)
    assert linker.get_default(store, "named")(store) == 1
    assert linker.get_default(store, "started")(store) == 2
    # Where there is nothing, a function that does nothing.
    assert linker.get_default(store, "nothing")(store) is None
    linker.define(store, "memory", "", wt.Memory(store, wt.MemoryType(wt.Limits(1, None))))
    with pytest.raises(wt.WasmtimeError):
        linker.get_default(store, "memory")


def test_unknown_imports_trap(wt, engine, store, linker):
    module = wt.Module(engine, ADDS)
    assert linker.define_unknown_imports_as_traps(module) is None
    instance = linker.instantiate(store, module)
    with pytest.raises((wt.Trap, wt.WasmtimeError)):
        run(instance, store)
    with pytest.raises(TypeError):
        linker.define_unknown_imports_as_traps("(module)")


def test_known_imports_stay(wt, engine, store, linker):
    linker.define_func("env", "f", i32_to_i32(wt), lambda value: 7)
    module = wt.Module(engine, ADDS)
    linker.define_unknown_imports_as_traps(module)
    linker.define_unknown_imports_as_default_values(store, module)
    assert run(linker.instantiate(store, module), store) == 7


def test_unknown_imports_have_default_values(wt, engine, store, linker):
    module = wt.Module(engine, """(module (import "env" "f" (func $f (param i32) (result i32)))
      (import "env" "many" (func $many (result i64 f32 f64 externref funcref)))
      (import "env" "m" (memory 1)) (import "env" "g" (global f64)) (import "env" "t" (table 2 externref))
      (export "many" (func $many)) (export "m" (memory 0)) (export "g" (global 0)) (export "t" (table 0))
      (func (export "run") (result i32) (call $f (i32.const 5))))""")
    assert linker.define_unknown_imports_as_default_values(store, module) is None
    instance = linker.instantiate(store, module)
    exports = instance.exports(store)
    assert run(instance, store) == 0
    assert exports["many"](store) == [0, 0.0, 0.0, None, None]
    assert exports["m"].size(store) == 1
    assert exports["g"].value(store) == 0.0
    assert exports["t"].size(store) == 2
    with pytest.raises(TypeError):
        linker.define_unknown_imports_as_default_values(store, 5)


def test_an_instance_is_prepared(wt, engine, linker):
    linker.define_func("env", "f", i32_to_i32(wt), lambda value: value + 2)
    prepared = linker.instantiate_pre(wt.Module(engine, ADDS))
    assert isinstance(prepared, wt.InstancePre)
    assert [(i.module, i.name) for i in prepared.module.imports] == [("env", "f")]
    for _ in range(3):
        store = wt.Store(engine)
        assert run(prepared.instantiate(store), store) == 22
    with pytest.raises(TypeError):
        linker.instantiate_pre("(module)")


def test_preparation_finds_what_is_missing(wt, engine, linker):
    with pytest.raises(wt.WasmtimeError):
        linker.instantiate_pre(wt.Module(engine, ADDS))


def test_traps_of_start_functions_come_out(wt, engine, store, linker):
    module = wt.Module(engine, "(module (func $f unreachable) (start $f))")
    with pytest.raises(wt.Trap):
        linker.instantiate(store, module)
    with pytest.raises(wt.Trap):
        linker.instantiate_pre(module).instantiate(store)


def test_wasi_is_defined_once(wt, engine, linker):
    assert linker.define_wasi() is None
    with pytest.raises(wt.WasmtimeError):
        linker.define_wasi()
    linker.allow_shadowing = True
    linker.define_wasi()


def test_a_closed_linker_is_an_error(wt, engine, store):
    module = wt.Module(engine, "(module)")
    with wt.Linker(engine) as linker:
        linker.instantiate(store, module)
    for use in (
        lambda: linker.instantiate(store, module),
        lambda: linker.define_wasi(),
        lambda: linker.define_func("a", "b", wt.FuncType([], []), lambda: None),
        lambda: linker.get(store, "a", "b"),
        lambda: linker.instantiate_pre(module),
    ):
        with pytest.raises(ValueError):
            use()


def test_an_item_of_another_store_is_an_error(weft):
    engine = weft.Engine()
    one, two = weft.Store(engine), weft.Store(engine)
    linker = weft.Linker(engine)
    linker.define(one, "env", "f", weft.Func(one, i32_to_i32(weft), lambda value: value))
    with pytest.raises((weft.WasmtimeError, ValueError)):
        linker.instantiate(two, weft.Module(engine, ADDS))
    with pytest.raises((weft.WasmtimeError, ValueError)):
        linker.define(two, "env", "g", weft.Func(one, i32_to_i32(weft), lambda value: value))


def test_all_that_is_missing_is_named(weft):
    engine = weft.Engine()
    module = weft.Module(engine, '(module (import "a" "first" (func)) (import "b" "second" (memory 1)))')
    with pytest.raises(weft.WasmtimeError) as caught:
        weft.Linker(engine).instantiate(weft.Store(engine), module)
    assert "first" in str(caught.value) and "second" in str(caught.value)
