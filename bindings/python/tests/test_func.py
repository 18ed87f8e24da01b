"""Func, and host functions."""

import traceback

import pytest


def test_a_function_is_called(wt, guest):
    one = guest("""(module
      (func (export "none"))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "swap") (param i32 f64) (result f64 i32) local.get 1 local.get 0))""")
    assert one.call("none") is None
    assert one.call("add", 2, 3) == 5
    got = one.call("swap", 1, 2.5)
    assert got == [2.5, 1]
    assert isinstance(got, list)


def test_a_function_has_a_type(wt, guest):
    one = guest('(module (func (export "f") (param i32 f64) (result i64) unreachable))')
    ty = one.exports["f"].type(one.store)
    assert isinstance(ty, wt.FuncType)
    assert ty.params == [wt.ValType.i32(), wt.ValType.f64()]
    assert ty.results == [wt.ValType.i64()]


def test_the_number_of_arguments_is_checked(wt, guest):
    one = guest('(module (func (export "f") (param i32)))')
    with pytest.raises(wt.WasmtimeError, match="too few parameters"):
        one.call("f")
    with pytest.raises(wt.WasmtimeError, match="too many parameters"):
        one.call("f", 1, 2)
    with pytest.raises(TypeError):
        one.exports["f"]()


def test_many_arguments_and_results(wt, guest):
    count = 300
    params = "i32 " * count
    gets = " ".join(f"local.get {i}" for i in range(count))
    one = guest(f'(module (func (export "f") (param {params}) (result {params}) {gets}))')
    assert one.call("f", *range(count)) == list(range(count))


def test_a_host_function_is_called_by_the_host(wt, store):
    i32 = wt.ValType.i32()
    add = wt.Func(store, wt.FuncType([i32, i32], [i32]), lambda a, b: a + b)
    assert add(store, 5, 6) == 11
    assert add.type(store).params == [i32, i32]
    none = wt.Func(store, wt.FuncType([], []), lambda: None)
    assert none(store) is None


def test_a_host_function_takes_a_type(wt, store):
    for other in (3, None, "f"):
        with pytest.raises(TypeError):
            wt.Func(store, other, lambda: None)
        with pytest.raises(TypeError):
            wt.Func(other, wt.FuncType([], []), lambda: None)


HOST = '(module (import "" "f" (func $f {type})) (func (export "run") {type} {gets} call $f))'


def host_guest(wt, guest, params, results, func, **options):
    kinds = [[getattr(wt.ValType, name)() for name in names] for names in (params, results)]
    store = wt.Store()
    ty = " ".join([f"(param {' '.join(params)})", f"(result {' '.join(results)})"])
    gets = " ".join(f"local.get {i}" for i in range(len(params)))
    imports = [wt.Func(store, wt.FuncType(*kinds), func, **options)]
    return guest(HOST.format(type=ty, gets=gets), imports, store)


@pytest.mark.parametrize(
    "params, results, args, result",
    [
        ([], [], (), None),
        (["i32"], [], (7,), None),
        (["i32"], ["i32"], (-1,), -1),
        (["i64"], ["i64"], (2**63,), -(2**63)),
        (["f32", "f64"], ["f32", "f64"], (0.5, 0.25), [0.5, 0.25]),
        (["i32", "i64", "f32", "f64", "externref"], ["externref", "f64"], (1, 2, 3.0, 4.0, "five"), ["five", 4.0]),
        (["funcref"], ["funcref"], (None,), None),
        (["externref"], ["externref"], (None,), None),
    ],
)
def test_values_pass_to_the_host_and_back(wt, guest, params, results, args, result):
    seen = []

    def host(*values):
        seen.append(values)
        return result

    one = host_guest(wt, guest, params, results, host)
    assert one.call("run", *args) == result
    expected = tuple(-(2**63) if value == 2**63 else value for value in args)
    assert seen == [expected]


@pytest.mark.parametrize("result", [(1, 2), [1, 2]])
def test_several_results_are_any_sequence(wt, guest, result):
    assert host_guest(wt, guest, [], ["i32", "i32"], lambda: result).call("run") == [1, 2]


@pytest.mark.parametrize(
    "results, result, error",
    [
        ([], 1, "WasmtimeError"),
        ([], False, "WasmtimeError"),
        (["i32"], None, "TypeError"),
        (["i32"], "1", "TypeError"),
        (["i32"], 1.0, "TypeError"),
        (["i32"], (1,), "TypeError"),
        (["f64"], 1, "TypeError"),
        (["i32", "i32"], (1,), "WasmtimeError"),
        (["i32", "i32"], (1, 2, 3), "WasmtimeError"),
        (["i32", "i32"], 1, "TypeError"),
        (["i32", "i32"], None, "TypeError"),
        (["i32", "i32"], (1, 2.0), "TypeError"),
        (["funcref"], 1, "TypeError"),
    ],
)
def test_results_of_another_type_are_an_error(wt, guest, results, result, error):
    one = host_guest(wt, guest, [], results, lambda: result)
    with pytest.raises({"WasmtimeError": wt.WasmtimeError, "TypeError": TypeError}[error]):
        one.call("run")
    with pytest.raises({"WasmtimeError": wt.WasmtimeError, "TypeError": TypeError}[error]):
        one.call("run")


def test_results_wrap(wt, guest):
    assert host_guest(wt, guest, [], ["i32"], lambda: 2**32 + 5).call("run") == 5
    assert host_guest(wt, guest, [], ["i64"], lambda: 2**64 - 1).call("run") == -1
    assert host_guest(wt, guest, [], ["i32"], lambda: wt.Val.i32(3)).call("run") == 3


class Custom(Exception):
    pass


class CustomBase(BaseException):
    pass


@pytest.mark.parametrize(
    "kind",
    [Custom, CustomBase, ValueError, KeyError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError],
)
def test_an_exception_comes_out_as_itself(wt, guest, kind):
    error = kind("reason")

    def host():
        raise error

    one = host_guest(wt, guest, [], [], host)
    with pytest.raises(kind) as caught:
        one.call("run")
    assert caught.value is error
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-1] == "host"
    assert "test_an_exception_comes_out_as_itself" in names
    # The store remains usable.
    with pytest.raises(kind):
        one.call("run")


def test_stop_iteration_comes_out_as_itself(weft, guest):
    error = StopIteration(5)

    def host():
        raise error

    with pytest.raises(StopIteration) as caught:
        host_guest(weft, guest, [], [], host).call("run")
    assert caught.value is error


@pytest.mark.parametrize("make", [lambda wt: wt.Trap("mine"), lambda wt: wt.WasmtimeError("mine")])
def test_an_error_of_the_package_comes_out_as_itself(wt, guest, make):
    error = make(wt)

    def host():
        raise error

    with pytest.raises(type(error)) as caught:
        host_guest(wt, guest, [], [], host).call("run")
    assert caught.value is error
    assert str(caught.value) == "mine"


def test_an_exception_passes_through_two_guests(wt, guest):
    inner = host_guest(wt, guest, [], [], lambda: 1 / 0)

    def outer():
        inner.call("run")

    one = host_guest(wt, guest, [], [], outer)
    with pytest.raises(ZeroDivisionError):
        one.call("run")


def test_a_host_may_catch_what_comes_out_of_a_guest(wt, guest):
    inner = host_guest(wt, guest, [], [], lambda: 1 / 0)

    def outer():
        try:
            inner.call("run")
        except ZeroDivisionError:
            return 5

    assert host_guest(wt, guest, [], ["i32"], outer).call("run") == 5


def test_a_trap_of_an_inner_guest_comes_out(wt, guest):
    inner = guest('(module (func (export "run") unreachable))')
    one = host_guest(wt, guest, [], [], lambda: inner.call("run"))
    with pytest.raises(wt.Trap) as caught:
        one.call("run")
    assert caught.value.trap_code == wt.TrapCode.UNREACHABLE


def test_a_host_function_may_be_any_callable(wt, guest):
    class Callable:
        def __call__(self, value):
            return value + 1

        def method(self, value):
            return value + 2

    assert host_guest(wt, guest, ["i32"], ["i32"], Callable()).call("run", 1) == 2
    assert host_guest(wt, guest, ["i32"], ["i32"], Callable().method).call("run", 1) == 3
    assert host_guest(wt, guest, ["i32"], ["i32"], abs).call("run", -1) == 1


def test_what_cannot_be_called_is_an_error(wt, guest):
    with pytest.raises(TypeError):
        host_guest(wt, guest, [], [], 5).call("run")


def test_what_takes_other_arguments_is_an_error(wt, guest):
    with pytest.raises(TypeError):
        host_guest(wt, guest, ["i32"], [], lambda: None).call("run", 1)


CALLER = """(module (import "" "f" (func $f))
  (memory (export "m") 1) (data (i32.const 5) "five") (global (export "g") (mut i32) (i32.const 3))
  (func (export "double") (param i32) (result i32) (i32.mul (i32.const 2) (local.get 0)))
  (func (export "run") call $f))"""


def caller_guest(wt, guest, func):
    store = wt.Store()
    return guest(CALLER, [wt.Func(store, wt.FuncType([], []), func, access_caller=True)], store)


def test_a_caller_gives_exports(wt, guest):
    seen = []

    def host(caller):
        assert isinstance(caller, wt.Caller)
        memory = caller["m"]
        assert isinstance(memory, wt.Memory)
        seen.append(bytes(memory.read(caller, 5, 9)))
        memory.write(caller, b"FIVE", 5)
        assert caller["double"](caller, 21) == 42
        caller["g"].set_value(caller, 4)
        assert caller.get("nothing") is None
        with pytest.raises(KeyError):
            caller["nothing"]

    one = caller_guest(wt, guest, host)
    assert one.call("run") is None
    assert seen == [b"five"]
    assert one.exports["m"].read(one.store, 5, 9) == b"FIVE"
    assert one.exports["g"].value(one.store) == 4


def test_a_caller_is_of_no_use_after_the_call(wt, guest):
    kept = []

    def host(caller):
        kept.append((caller, caller["m"]))

    one = caller_guest(wt, guest, host)
    one.call("run")
    caller, memory = kept[0]
    assert caller.get("m") is None
    with pytest.raises(KeyError):
        caller["m"]
    with pytest.raises(ValueError):
        memory.size(caller)
    assert memory.size(one.store) == 1


def test_a_caller_without_an_instance_has_no_exports(wt, store):
    seen = []
    func = wt.Func(store, wt.FuncType([], []), lambda caller: seen.append(caller.get("m")), access_caller=True)
    func(store)
    assert seen == [None]


def test_a_caller_makes_objects(wt, guest):
    def host(caller):
        memory = wt.Memory(caller, wt.MemoryType(wt.Limits(2, None)))
        assert memory.size(caller) == 2
        cell = wt.Global(caller, wt.GlobalType(wt.ValType.i32(), True), 4)
        assert cell.value(caller) == 4

    caller_guest(wt, guest, host).call("run")


def test_guest_and_host_call_each_other_deeply(wt, guest):
    def host(caller, n):
        return 0 if n == 0 else 1 + caller["run"](caller, n - 1)

    one = host_guest(wt, guest, ["i32"], ["i32"], host, access_caller=True)
    assert one.call("run", 50) == 50


def test_a_function_of_another_store_is_refused(weft, guest):
    one, two = guest(CALLER.replace('(import "" "f" (func $f))', "(func $f)")), weft.Store()
    with pytest.raises((weft.WasmtimeError, ValueError)):
        one.exports["double"](two, 1)
    with pytest.raises((weft.WasmtimeError, ValueError)):
        one.exports["m"].size(two)
    with pytest.raises((weft.WasmtimeError, ValueError)):
        one.exports["g"].value(two)


def test_functions_are_compared_by_identity_or_equal(weft, guest):
    one = guest(CALLER.replace('(import "" "f" (func $f))', "(func $f)"))
    assert one.exports["double"] == one.exports["double"]
    assert one.exports["double"] != one.exports["run"]
    assert len({one.exports["double"], one.exports["run"]}) == 2
