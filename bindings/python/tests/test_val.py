"""Val, and what Python objects become at the border."""

import math

import pytest

KINDS = ["i32", "i64", "f32", "f64", "externref", "funcref"]


def test_a_value_has_its_type(wt):
    for val, name in (
        (wt.Val.i32(1), "i32"),
        (wt.Val.i64(1), "i64"),
        (wt.Val.f32(1.0), "f32"),
        (wt.Val.f64(1.0), "f64"),
        (wt.Val.externref("x"), "externref"),
        (wt.Val.externref(None), "externref"),
        (wt.Val.funcref(None), "funcref"),
        (wt.Val.ref_null(wt.ValType.externref()), "externref"),
        (wt.Val.ref_null(wt.ValType.funcref()), "funcref"),
    ):
        assert val.type == getattr(wt.ValType, name)()


def test_a_value_gives_what_it_holds_as_its_type_only(wt, store):
    func = wt.Func(store, wt.FuncType([], []), lambda: None)
    data = object()
    held = {"i32": 5, "i64": 6, "f32": 1.5, "f64": 2.5, "externref": data, "funcref": func}
    for name, value in held.items():
        val = getattr(wt.Val, name)(value)
        assert val.value is value or val.value == value
        for other in KINDS:
            got = getattr(val, "as_" + other)()
            assert got == value if other == name else got is None


def test_integers_wrap(wt):
    assert wt.Val.i32((1 << 32) - 1).value == -1
    assert wt.Val.i32(1 << 31).value == -(1 << 31)
    assert wt.Val.i32(1 << 40).value == 0
    assert wt.Val.i64((1 << 64) - 1).value == -1
    assert wt.Val.i64(1 << 100).value == 0
    assert wt.Val.i64(-(1 << 63) - 1).value == (1 << 63) - 1


def test_floats_round(wt):
    assert wt.Val.f32(0.1).value == pytest.approx(0.1, abs=1e-8)
    assert wt.Val.f32(0.1).value != 0.1
    assert wt.Val.f64(0.1).value == 0.1


def test_a_value_is_made_of_its_kind(wt):
    for make, other in (
        (wt.Val.i32, 1.0),
        (wt.Val.i32, "1"),
        (wt.Val.i64, None),
        (wt.Val.f32, 1),
        (wt.Val.f64, 1),
        (wt.Val.f64, "1"),
    ):
        with pytest.raises(TypeError):
            make(other)


def test_null_is_of_a_reference_type(wt):
    with pytest.raises(wt.WasmtimeError):
        wt.Val.ref_null(wt.ValType.i32())


def test_values_are_compared(wt):
    assert wt.Val.i32(1) == wt.Val.i32(1)
    assert wt.Val.i32(1) != wt.Val.i64(1)
    assert wt.Val.i32(1) == 1
    assert wt.Val.i32(1) != 2
    assert wt.Val.externref("a") == "a"


IDENTITY = {
    name: f'(module (func (export "f") (param {name}) (result {name}) local.get 0))'
    for name in ["i32", "i64", "f32", "f64", "externref", "funcref"]
}


@pytest.mark.parametrize(
    "name, given, expected",
    [
        ("i32", 5, 5),
        ("i32", -5, -5),
        ("i32", 2**31 - 1, 2**31 - 1),
        ("i32", 2**31, -(2**31)),
        ("i32", 2**32 - 1, -1),
        ("i32", 2**32 + 7, 7),
        ("i32", -(2**31) - 1, 2**31 - 1),
        ("i32", 2**200 + 3, 3),
        ("i32", True, 1),
        ("i64", 2**63 - 1, 2**63 - 1),
        ("i64", 2**63, -(2**63)),
        ("i64", 2**64 - 1, -1),
        ("i64", -(2**200) + 1, 1),
        ("f32", 0.5, 0.5),
        ("f32", 1e300, math.inf),
        ("f32", -0.0, -0.0),
        ("f64", 1e300, 1e300),
        ("f64", math.inf, math.inf),
        ("externref", "text", "text"),
        ("externref", 12, 12),
        ("externref", 1.5, 1.5),
        ("externref", (), ()),
        ("externref", None, None),
        ("funcref", None, None),
    ],
)
def test_arguments_are_converted(wt, guest, name, given, expected):
    got = guest(IDENTITY[name]).call("f", given)
    assert type(got) is type(expected)
    assert got == expected
    if name in ("f32", "f64"):
        assert math.copysign(1, got) == math.copysign(1, expected)


@pytest.mark.parametrize("name", ["f32", "f64"])
def test_nan_passes(wt, guest, name):
    assert math.isnan(guest(IDENTITY[name]).call("f", math.nan))


@pytest.mark.parametrize(
    "name, given",
    [
        ("i32", 1.0),
        ("i32", "1"),
        ("i32", None),
        ("i32", b"1"),
        ("i64", 1.5),
        ("f32", 1),
        ("f32", True),
        ("f64", 1),
        ("f64", "1.0"),
        ("f64", None),
        ("funcref", 1),
        ("funcref", "f"),
        ("funcref", lambda: None),
    ],
)
def test_other_arguments_are_a_type_error(wt, guest, name, given):
    with pytest.raises(TypeError):
        guest(IDENTITY[name]).call("f", given)


def test_values_are_arguments(wt, guest):
    assert guest(IDENTITY["i32"]).call("f", wt.Val.i32(7)) == 7
    assert guest(IDENTITY["f32"]).call("f", wt.Val.f32(7.0)) == 7.0
    assert guest(IDENTITY["externref"]).call("f", wt.Val.externref("e")) == "e"
    for name, val in (("i32", wt.Val.i64(1)), ("f64", wt.Val.f32(1.0)), ("i64", wt.Val.i32(1)),
                      ("funcref", wt.Val.externref(None)), ("externref", wt.Val.i32(1))):
        with pytest.raises(TypeError):
            guest(IDENTITY[name]).call("f", val)


def test_an_object_passes_as_itself(wt, guest):
    data = object()
    assert guest(IDENTITY["externref"]).call("f", data) is data


def test_a_function_passes(wt, guest):
    one = guest(IDENTITY["funcref"])
    func = wt.Func(one.store, wt.FuncType([], [wt.ValType.i32()]), lambda: 41)
    got = one.call("f", func)
    assert isinstance(got, wt.Func)
    assert got(one.store) == 41


def test_subclasses_of_numbers_are_numbers(wt, guest):
    class Integer(int):
        pass

    class Float(float):
        pass

    assert guest(IDENTITY["i32"]).call("f", Integer(5)) == 5
    assert guest(IDENTITY["f64"]).call("f", Float(5)) == 5.0


V128 = '(module (func (export "f") (param v128) (result v128) local.get 0))'


@pytest.mark.parametrize("given", [0, 1, 2**64, 2**127, 2**128 - 1, 0x0F0E0D0C0B0A09080706050403020100])
def test_a_vector_is_an_integer(weft, guest, given):
    assert guest(V128).call("f", given) == given


def test_a_vector_has_its_lanes_from_the_lowest(weft, guest):
    text = '(module (func (export "f") (param v128) (result i32) (i32x4.extract_lane 3 (local.get 0))))'
    assert guest(text).call("f", 9 << 96) == 9


def test_a_vector_is_of_integers_only(weft, guest):
    for other in (1.0, "1", None, b"\0" * 16):
        with pytest.raises(TypeError):
            guest(V128).call("f", other)


def test_references_of_collected_objects_pass(weft, guest):
    text = """(module (type $s (struct (field i32)))
      (func (export "make") (param i32) (result (ref null $s)) (struct.new $s (local.get 0)))
      (func (export "any") (param i32) (result anyref) (struct.new $s (local.get 0)))
      (func (export "get") (param anyref) (result i32)
        (struct.get $s 0 (ref.cast (ref $s) (local.get 0)))))"""
    one = guest(text)
    box = one.call("any", 77)
    assert one.call("get", box) == 77
    with pytest.raises(weft.Trap):
        one.call("get", None)
    assert one.call("get", one.call("make", 78)) == 78
