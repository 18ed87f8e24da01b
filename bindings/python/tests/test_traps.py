"""Trap, TrapCode, Frame, WasmtimeError and ExitTrap."""

import enum

import pytest


@pytest.mark.parametrize(
    "body, code",
    [
        ("unreachable", "UNREACHABLE"),
        ("(drop (i32.load (i32.const -4)))", "MEMORY_OUT_OF_BOUNDS"),
        ("(drop (i32.div_s (i32.const 1) (i32.const 0)))", "INTEGER_DIVISION_BY_ZERO"),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "INTEGER_OVERFLOW"),
        ("(drop (i32.trunc_f64_s (f64.const nan)))", "BAD_CONVERSION_TO_INTEGER"),
        ("(drop (i32.trunc_f64_s (f64.const 1e20)))", "INTEGER_OVERFLOW"),
        ("(drop (table.get $t (i32.const 7)))", "TABLE_OUT_OF_BOUNDS"),
        ("(call_indirect $t (type $v) (i32.const 7))", "TABLE_OUT_OF_BOUNDS"),
        ("(call_indirect $t (type $v) (i32.const 0))", "INDIRECT_CALL_TO_NULL"),
        ("(call_indirect $t (type $v) (i32.const 1))", "BAD_SIGNATURE"),
        ("(memory.fill (i32.const 65530) (i32.const 0) (i32.const 7))", "MEMORY_OUT_OF_BOUNDS"),
        ("(table.fill $t (i32.const 0) (ref.null func) (i32.const 9))", "TABLE_OUT_OF_BOUNDS"),
        ("call $run", "STACK_OVERFLOW"),
        ("(drop (array.get $a (array.new_default $a (i32.const 1)) (i32.const 1)))", "ARRAY_OUT_OF_BOUNDS"),
        ("(drop (struct.get $s 0 (ref.null $s)))", "NULL_REFERENCE"),
        ("(drop (ref.as_non_null (ref.null func)))", "NULL_REFERENCE"),
        ("(drop (ref.cast (ref $s) (ref.i31 (i32.const 1))))", "CAST_FAILURE"),
    ],
)
def test_a_trap_has_a_code(wt, guest, body, code):
    config = wt.Config()
    config.wasm_gc = True
    config.wasm_function_references = True
    store = wt.Store(wt.Engine(config))
    text = f"""(module (type $v (func)) (type $s (struct (field i32))) (type $a (array i32))
      (memory 1) (table $t 2 funcref)
      (func $other (param i32)) (elem (table $t) (i32.const 1) func $other)
      (func $run (export "run") {body}))"""
    one = guest(text, store=store)
    with pytest.raises(wt.Trap) as caught:
        one.call("run")
    assert caught.value.trap_code is wt.TrapCode[code]
    assert isinstance(caught.value.message, str) and caught.value.message
    assert str(caught.value) == caught.value.message
    # The store remains usable.
    with pytest.raises(wt.Trap):
        one.call("run")


def test_codes_are_an_enumeration(wt):
    assert issubclass(wt.TrapCode, enum.Enum)
    expected = {
        "STACK_OVERFLOW": 0,
        "MEMORY_OUT_OF_BOUNDS": 1,
        "HEAP_MISALIGNED": 2,
        "TABLE_OUT_OF_BOUNDS": 3,
        "INDIRECT_CALL_TO_NULL": 4,
        "BAD_SIGNATURE": 5,
        "INTEGER_OVERFLOW": 6,
        "INTEGER_DIVISION_BY_ZERO": 7,
        "BAD_CONVERSION_TO_INTEGER": 8,
        "UNREACHABLE": 9,
        "INTERRUPT": 10,
        "OUT_OF_FUEL": 11,
    }
    assert {code.name: code.value for code in wt.TrapCode if code.name in expected} == expected


def test_errors_have_these_bases(wt):
    assert issubclass(wt.Trap, Exception)
    assert not issubclass(wt.Trap, wt.WasmtimeError)
    assert issubclass(wt.WasmtimeError, Exception)
    assert issubclass(wt.ExitTrap, wt.WasmtimeError)


def test_a_trap_is_made_of_a_message(wt):
    trap = wt.Trap("my message")
    assert trap.message == str(trap) == "my message"
    assert trap.frames == []
    assert trap.trap_code is None
    for other in (1, None, b"bytes"):
        with pytest.raises((TypeError, AttributeError)):
            wt.Trap(other)


def test_an_error_is_made_of_a_message(wt):
    assert str(wt.WasmtimeError("my message")) == "my message"
    with pytest.raises(wt.WasmtimeError, match="my message"):
        raise wt.WasmtimeError("my message")


def test_a_message_is_unicode(wt):
    assert wt.Trap("été \U0001f600").message == "été \U0001f600"
    assert str(wt.WasmtimeError("été")) == "été"


FRAMES = """(module $mine (func $inner unreachable) (func $middle (call $inner))
  (func (export "run") (call $middle)) (func $never))"""


def test_a_trap_has_frames(wt, guest):
    one = guest(FRAMES)
    with pytest.raises(wt.Trap) as caught:
        one.call("run")
    frames = caught.value.frames
    assert isinstance(frames, list)
    assert all(isinstance(frame, wt.Frame) for frame in frames)
    assert [frame.func_index for frame in frames] == [0, 1, 2]
    assert [frame.func_name for frame in frames] == ["inner", "middle", None]
    assert [frame.module_name for frame in frames] == ["mine"] * 3
    wasm = wt.wat2wasm(FRAMES)
    # The first instruction is unreachable, the others are calls.
    assert wasm[frames[0].module_offset] == 0x00
    assert wasm[frames[1].module_offset] == 0x10
    assert [frame.func_offset for frame in frames] == [1, 1, 1]


def test_names_may_be_missing(wt, guest):
    one = guest('(module (func (export "run") unreachable))')
    with pytest.raises(wt.Trap) as caught:
        one.call("run")
    frame = caught.value.frames[0]
    assert (frame.func_index, frame.func_name, frame.module_name) == (0, None, None)


def test_frames_outlive_their_trap(wt, guest, collect):
    one = guest(FRAMES)
    try:
        one.call("run")
    except wt.Trap as trap:
        frames = trap.frames
    del one
    collect()
    assert [frame.func_name for frame in frames] == ["inner", "middle", None]


def test_a_trap_outlives_its_store(wt, guest, collect):
    one = guest(FRAMES)
    with pytest.raises(wt.Trap) as caught:
        one.call("run")
    one.store.close()
    del one
    collect()
    assert caught.value.trap_code == wt.TrapCode.UNREACHABLE
    assert len(caught.value.frames) == 3


def test_an_exception_of_a_guest_that_nobody_catches(wt, guest):
    config = wt.Config()
    config.wasm_exceptions = True
    store = wt.Store(wt.Engine(config))
    one = guest('(module (tag $t) (func (export "run") throw $t))', store=store)
    with pytest.raises((wt.Trap, wt.WasmtimeError)):
        one.call("run")


def test_the_names_are_there(wt):
    names = {
        "wat2wasm", "Config", "Engine", "Store", "FuncType", "GlobalType", "MemoryType", "TableType", "ValType", "Limits",
        "ImportType", "ExportType", "Val", "Func", "Caller", "Table", "Memory", "SharedMemory", "Global", "Trap",
        "TrapCode", "ExitTrap", "Frame", "Module", "Instance", "WasiConfig", "Linker", "WasmtimeError", "StoreContext",
        "TagType", "Tag", "InstancePre",
    }  # fmt: skip
    assert names <= set(wt.__all__)
    for name in wt.__all__:
        assert hasattr(wt, name)
    assert hasattr(wt, "Managed")


def test_weft_s_own_names(weft):
    assert weft.WeftError is weft.WasmtimeError
    assert weft.__version__.count(".") == 2
