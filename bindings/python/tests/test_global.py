"""Global."""

import pytest


@pytest.mark.parametrize(
    "name, first, second",
    [("i32", 1, -2), ("i64", 2**40, -(2**63)), ("f32", 0.5, 1.5), ("f64", 0.1, 1e300), ("externref", "a", [1])],
)
def test_a_global_holds_a_value(wt, store, name, first, second):
    valtype = getattr(wt.ValType, name)()
    cell = wt.Global(store, wt.GlobalType(valtype, True), first)
    assert (cell.type(store).content, cell.type(store).mutable) == (valtype, True)
    assert cell.value(store) == first
    cell.set_value(store, second)
    assert cell.value(store) == second


def test_a_value_is_converted(wt, store):
    cell = wt.Global(store, wt.GlobalType(wt.ValType.i32(), True), wt.Val.i32(5))
    assert cell.value(store) == 5
    cell.set_value(store, wt.Val.i32(6))
    assert cell.value(store) == 6
    cell.set_value(store, 2**32 - 1)
    assert cell.value(store) == -1
    for other in (1.0, None, "1", wt.Val.i64(1)):
        with pytest.raises(TypeError):
            cell.set_value(store, other)
        with pytest.raises(TypeError):
            wt.Global(store, wt.GlobalType(wt.ValType.i32(), True), other)
    assert cell.value(store) == -1


def test_a_constant_cannot_be_set(wt, store):
    cell = wt.Global(store, wt.GlobalType(wt.ValType.i32(), False), 5)
    with pytest.raises(wt.WasmtimeError):
        cell.set_value(store, 6)
    assert cell.value(store) == 5


def test_a_global_takes_a_type(wt, store):
    for other in (1, None, wt.ValType.i32()):
        with pytest.raises(TypeError):
            wt.Global(store, other, 1)


def test_null_is_a_val(wt, store):
    for valtype in (wt.ValType.externref(), wt.ValType.funcref()):
        value = wt.Global(store, wt.GlobalType(valtype, True), None).value(store)
        assert isinstance(value, wt.Val)
        assert value.value is None


def test_falsy_values_are_values(wt, store):
    for name, value in (("i32", 0), ("f64", 0.0), ("externref", ""), ("externref", 0), ("externref", False)):
        cell = wt.Global(store, wt.GlobalType(getattr(wt.ValType, name)(), True), value)
        assert cell.value(store) == value
        assert type(cell.value(store)) is type(value)


def test_a_function_is_a_value(wt, store):
    func = wt.Func(store, wt.FuncType([], [wt.ValType.i32()]), lambda: 3)
    cell = wt.Global(store, wt.GlobalType(wt.ValType.funcref(), True), func)
    assert cell.value(store)(store) == 3


def test_guest_and_host_share_a_global(wt, guest, store):
    cell = wt.Global(store, wt.GlobalType(wt.ValType.i64(), True), 1)
    one = guest('(module (import "" "g" (global $g (mut i64))) (export "g" (global $g))'
                ' (func (export "inc") (global.set $g (i64.add (global.get $g) (i64.const 1)))))', [cell], store)
    one.call("inc")
    assert cell.value(store) == 2
    cell.set_value(store, 10)
    one.call("inc")
    assert one.exports["g"].value(store) == 11


def test_a_vector_is_an_integer(weft):
    store = weft.Store()
    ty = weft.Module(store.engine, '(module (global (export "g") (mut v128) (v128.const i64x2 1 2)))').exports[0].type
    cell = weft.Global(store, ty, 5)
    assert cell.value(store) == 5
    cell.set_value(store, 2**128 - 1)
    assert cell.value(store) == 2**128 - 1
