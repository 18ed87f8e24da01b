"""Table."""

import pytest


def externs(wt, store, first="x", size=2, maximum=5):
    return wt.Table(store, wt.TableType(wt.ValType.externref(), wt.Limits(size, maximum)), first)


def test_a_table_has_a_type_and_a_size(wt, store):
    table = externs(wt, store)
    assert table.type(store).element == wt.ValType.externref()
    assert table.type(store).limits == wt.Limits(2, 5)
    assert table.size(store) == 2


def test_elements_are_got_and_set(wt, store):
    table = externs(wt, store)
    assert table.get(store, 0) == table.get(store, 1) == "x"
    data = object()
    table.set(store, 1, data)
    assert table.get(store, 0) == "x"
    assert table.get(store, 1) is data
    table.set(store, 0, wt.Val.externref(5))
    assert table.get(store, 0) == 5


def test_an_element_outside_is_none_and_an_error(wt, store):
    table = externs(wt, store)
    assert table.get(store, 2) is None
    assert table.get(store, 2**40) is None
    with pytest.raises(wt.WasmtimeError):
        table.set(store, 2, "y")
    with pytest.raises(wt.WasmtimeError):
        table.set(store, 2**40, "y")


def test_a_table_grows(wt, store):
    table = externs(wt, store)
    assert table.grow(store, 2, "new") == 2
    assert table.size(store) == 4
    assert table.get(store, 3) == "new"
    assert table.grow(store, 0, None) == 4
    with pytest.raises(wt.WasmtimeError):
        table.grow(store, 2, None)
    assert table.size(store) == 4


def test_null_is_a_val(wt, store):
    for valtype in (wt.ValType.externref(), wt.ValType.funcref()):
        table = wt.Table(store, wt.TableType(valtype, wt.Limits(1, None)), None)
        value = table.get(store, 0)
        assert isinstance(value, wt.Val)
        assert value.value is None


def test_functions_are_elements(wt, store):
    seven = wt.Func(store, wt.FuncType([], [wt.ValType.i32()]), lambda: 7)
    table = wt.Table(store, wt.TableType(wt.ValType.funcref(), wt.Limits(1, None)), seven)
    assert table.get(store, 0)(store) == 7
    table.grow(store, 1, None)
    table.set(store, 1, seven)
    assert table.get(store, 1)(store) == 7
    table.set(store, 1, None)
    assert table.get(store, 1).value is None
    for other in (1, "f", lambda: 7, wt.Val.externref(None)):
        with pytest.raises(TypeError):
            table.set(store, 0, other)
        with pytest.raises(TypeError):
            table.grow(store, 1, other)


def test_a_table_takes_a_type(wt, store):
    for other in (1, None, wt.ValType.funcref()):
        with pytest.raises((TypeError, AttributeError)):
            wt.Table(store, other, None)


def test_guest_and_host_share_a_table(wt, guest, store):
    table = wt.Table(store, wt.TableType(wt.ValType.funcref(), wt.Limits(2, 2)), None)
    one = guest("""(module (import "" "t" (table 2 2 funcref)) (type $t (func (result i32)))
      (func $five (result i32) i32.const 5) (elem (i32.const 1) func $five)
      (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))""", [table], store)
    assert table.get(store, 1)(store) == 5
    table.set(store, 0, wt.Func(store, wt.FuncType([], [wt.ValType.i32()]), lambda: 6))
    assert one.call("call", 0) == 6
    assert one.call("call", 1) == 5
    table.set(store, 0, None)
    with pytest.raises(wt.Trap) as caught:
        one.call("call", 0)
    assert caught.value.trap_code == wt.TrapCode.INDIRECT_CALL_TO_NULL
    table.set(store, 0, wt.Func(store, wt.FuncType([], []), lambda: None))
    with pytest.raises(wt.Trap) as caught:
        one.call("call", 0)
    assert caught.value.trap_code == wt.TrapCode.BAD_SIGNATURE


def test_falsy_elements_are_given_back_as_themselves(weft):
    """The other package wraps them; a program that unwraps nulls only sees no difference."""
    store = weft.Store()
    for value in (0, "", [], False):
        table = weft.Table(store, weft.TableType(weft.ValType.externref(), weft.Limits(1, None)), value)
        assert table.get(store, 0) == value


@pytest.mark.parametrize("index", [-1, 1.0, "0", None])
def test_an_index_is_a_natural_number(weft, index):
    store = weft.Store()
    table = externs(weft, store)
    with pytest.raises((TypeError, OverflowError, ValueError, IndexError, weft.WasmtimeError)):
        table.set(store, index, "y")
    if not isinstance(index, int):
        with pytest.raises(TypeError):
            table.get(store, index)
