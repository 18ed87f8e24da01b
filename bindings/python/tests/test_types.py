"""ValType, FuncType, GlobalType, TableType, MemoryType, TagType, Limits."""

import pytest

NAMES = {"i32": "i32", "i64": "i64", "f32": "f32", "f64": "f64", "funcref": "funcref"}


@pytest.mark.parametrize("name", [*NAMES, "externref"])
def test_a_value_type_equals_itself_only(wt, name):
    one = getattr(wt.ValType, name)()
    assert one == getattr(wt.ValType, name)()
    assert not one != getattr(wt.ValType, name)()
    for other in [*NAMES, "externref"]:
        if other != name:
            assert one != getattr(wt.ValType, other)()
    assert one != name
    assert one != 0


@pytest.mark.parametrize("name", NAMES)
def test_a_value_type_prints_as_its_name(wt, name):
    one = getattr(wt.ValType, name)()
    assert str(one) == repr(one) == NAMES[name]


def test_a_value_type_is_made_by_its_name(wt):
    with pytest.raises(wt.WasmtimeError):
        wt.ValType()


def test_a_function_type_has_lists(wt):
    i32, f64 = wt.ValType.i32(), wt.ValType.f64()
    ty = wt.FuncType([i32, f64], [f64])
    assert ty.params == [i32, f64]
    assert ty.results == [f64]
    empty = wt.FuncType(params=[], results=[])
    assert (empty.params, empty.results) == ([], [])
    long = wt.FuncType([i32] * 1000, [f64] * 1000)
    assert len(long.params) == len(long.results) == 1000


def test_a_function_type_is_of_value_types(wt):
    for params, results in (([1], []), ([], ["i32"]), ([None], []), (3, []), (None, [])):
        with pytest.raises(TypeError):
            wt.FuncType(params, results)


def test_a_global_type(wt):
    ty = wt.GlobalType(wt.ValType.f32(), True)
    assert (ty.content, ty.mutable) == (wt.ValType.f32(), True)
    assert wt.GlobalType(valtype=wt.ValType.f32(), mutable=False).mutable is False
    with pytest.raises(TypeError):
        wt.GlobalType("i32", True)


def test_limits_are_compared(wt):
    assert wt.Limits(1, None) == wt.Limits(1, None)
    assert wt.Limits(1, 2) != wt.Limits(1, None)
    assert wt.Limits(1, 2) != (1, 2)
    limits = wt.Limits(min=1, max=7)
    assert (limits.min, limits.max) == (1, 7)


def test_a_table_type(wt):
    ty = wt.TableType(wt.ValType.externref(), wt.Limits(1, 9))
    assert (ty.element, ty.limits) == (wt.ValType.externref(), wt.Limits(1, 9))
    assert wt.TableType(wt.ValType.funcref(), wt.Limits(0, None)).limits == wt.Limits(0, None)
    with pytest.raises(TypeError):
        wt.TableType(wt.ValType.funcref(), 1)
    with pytest.raises(TypeError):
        wt.TableType("funcref", wt.Limits(0, None))


def test_a_memory_type(wt):
    ty = wt.MemoryType(wt.Limits(1, None))
    assert ty.limits == wt.Limits(1, None)
    assert (ty.is_64, ty.is_shared, ty.page_size, ty.page_size_log2) == (False, False, 65536, 16)
    ty = wt.MemoryType(wt.Limits(1, 1 << 20), is_64=True)
    assert (ty.is_64, ty.limits) == (True, wt.Limits(1, 1 << 20))
    ty = wt.MemoryType(wt.Limits(1, 2), shared=True)
    assert ty.is_shared is True
    ty = wt.MemoryType(wt.Limits(5, 6), page_size_log2=0)
    assert (ty.page_size, ty.page_size_log2) == (1, 0)


def test_a_memory_type_that_cannot_be_is_an_error(wt):
    for limits, options in (
        (wt.Limits(1 << 32, None), {}),
        (wt.Limits(0, 1 << 32), {}),
        (wt.Limits(1 << 64, None), {"is_64": True}),
        (wt.Limits(2, 1), {}),
        (wt.Limits(1, None), {"shared": True}),
        (wt.Limits(1, 2), {"page_size_log2": 3}),
    ):
        with pytest.raises(wt.WasmtimeError):
            wt.MemoryType(limits, **options)
    with pytest.raises(TypeError):
        wt.MemoryType(1)


def test_a_tag_type(wt):
    ty = wt.TagType(wt.FuncType([wt.ValType.i32()], []))
    assert ty.functype.params == [wt.ValType.i32()]
    with pytest.raises(TypeError):
        wt.TagType(wt.ValType.i32())


def test_types_can_be_closed(wt):
    ty = wt.FuncType([wt.ValType.i32()], [])
    with ty:
        params = ty.params
    assert len(params) == 1
    with pytest.raises(ValueError):
        ty.params


def test_types_of_wasm_3(weft):
    """Types that the other package has no words for are told apart and printed as in text."""
    module = weft.Module(weft.Engine(), '(module (func (export "f") (param v128 anyref (ref func)) (result i31ref)))'
                         .replace("(result i31ref))", "(result i31ref) unreachable)"))
    ty = module.exports[0].type
    assert [str(p) for p in ty.params][:2] == ["v128", "anyref"]
    assert ty.params[1] != weft.ValType.externref()
    assert len({str(t) for t in [*ty.params, *ty.results]}) == 4
