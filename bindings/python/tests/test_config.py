"""Config and Engine."""

import threading

import pytest

SWITCHES = [
    "debug_info",
    "wasm_threads",
    "wasm_tail_call",
    "wasm_reference_types",
    "wasm_simd",
    "wasm_bulk_memory",
    "wasm_multi_value",
    "wasm_multi_memory",
    "wasm_memory64",
    "wasm_relaxed_simd",
    "wasm_relaxed_simd_deterministic",
    "wasm_exceptions",
    "wasm_function_references",
    "wasm_gc",
    "wasm_wide_arithmetic",
    "wasm_custom_page_sizes",
    "wasm_stack_switching",
    "wasm_component_model",
    "cranelift_debug_verifier",
    "consume_fuel",
    "parallel_compilation",
    "shared_memory",
    "gc_support",
    "cranelift_nan_canonicalization",
    "memory_may_move",
    "native_unwind_info",
    "signals_based_traps",
    "memory_init_cow",
    "macos_use_mach_ports",
]
NUMBERS = ["max_wasm_stack", "memory_reservation", "memory_guard_size", "memory_reservation_for_growth"]

# What each feature's switch refuses when it is off. Others that need it are switched off with it.
FEATURES = {
    "wasm_simd": (["wasm_relaxed_simd"], "(module (func (result v128) v128.const i64x2 0 0))"),
    "wasm_multi_value": ([], "(module (func (result i32 i32) i32.const 1 i32.const 2))"),
    "wasm_multi_memory": ([], "(module (memory 1) (memory 1))"),
    "wasm_memory64": ([], "(module (memory i64 1))"),
    "wasm_tail_call": ([], "(module (func $f return_call $f))"),
    "wasm_exceptions": ([], "(module (tag $t) (func throw $t))"),
    "wasm_relaxed_simd": (
        [],
        "(module (func (param v128) (result v128) local.get 0 local.get 0 i8x16.relaxed_swizzle))",
    ),
    "wasm_function_references": (
        ["wasm_gc"],
        "(module (type $f (func)) (func (param (ref $f)) local.get 0 call_ref $f))",
    ),
    "wasm_gc": ([], "(module (type $s (struct (field i32))))"),
}
# Without these Wasmtime has no engine.
BASICS = {
    "wasm_reference_types": (["wasm_gc", "wasm_function_references"], "(module (table 1 externref))"),
    "wasm_bulk_memory": (
        ["wasm_reference_types", "wasm_gc", "wasm_function_references"],
        "(module (memory 1) (func i32.const 0 i32.const 0 i32.const 0 memory.fill))",
    ),
}
WIDE = "(module (func (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_s))"


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_takes_a_bool(wt, name):
    config = wt.Config()
    setattr(config, name, True)
    setattr(config, name, False)
    with pytest.raises(TypeError):
        setattr(config, name, 1)
    with pytest.raises(TypeError):
        setattr(config, name, "on")


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_takes_an_integer(wt, name):
    config = wt.Config()
    setattr(config, name, 1 << 20)
    with pytest.raises(TypeError):
        setattr(config, name, "1")


@pytest.mark.parametrize("name", [*SWITCHES, *NUMBERS, "strategy", "cranelift_opt_level", "profiler", "cache"])
def test_a_setting_cannot_be_read(wt, name):
    with pytest.raises(AttributeError):
        getattr(wt.Config(), name)


@pytest.mark.parametrize(
    "name, values",
    [
        ("strategy", ["auto", "cranelift"]),
        ("cranelift_opt_level", ["none", "speed", "speed_and_size"]),
        ("profiler", ["none", "jitdump", "vtune", "perfmap"]),
    ],
)
def test_a_choice_takes_its_words(wt, name, values):
    config = wt.Config()
    for value in values:
        setattr(config, name, value)
    with pytest.raises(wt.WasmtimeError):
        setattr(config, name, "other")


def test_a_cache_cannot_be_switched_off(wt):
    config = wt.Config()
    with pytest.raises(wt.WasmtimeError):
        config.cache = False
    with pytest.raises(TypeError):
        config.cache = 1


def test_a_cache_configuration_that_is_missing_is_an_error(wt, tmp_path):
    with pytest.raises(wt.WasmtimeError):
        wt.Config().cache = str(tmp_path / "missing.toml")


def refuses_when_off(package, switch, others, text):
    wasm = bytes(package.wat2wasm(text))
    package.Module(package.Engine(), wasm)
    config = package.Config()
    for name in [*others, switch]:
        setattr(config, name, False)
    with pytest.raises(package.WasmtimeError):
        package.Module(package.Engine(config), wasm)


@pytest.mark.parametrize("switch", FEATURES)
def test_a_feature_that_is_off_is_refused(wt, switch):
    refuses_when_off(wt, switch, *FEATURES[switch])


@pytest.mark.parametrize("switch", BASICS)
def test_a_basic_feature_that_is_off_is_refused(weft, switch):
    refuses_when_off(weft, switch, *BASICS[switch])


def test_a_proposal_is_off_unless_switched_on(wt):
    wasm = bytes(wt.wat2wasm("(module (memory 1 (pagesize 1)))"))
    with pytest.raises(wt.WasmtimeError):
        wt.Module(wt.Engine(), wasm)
    config = wt.Config()
    config.wasm_custom_page_sizes = True
    wt.Module(wt.Engine(config), wasm)


def test_wide_arithmetic_can_be_switched(wt):
    wasm = bytes(wt.wat2wasm(WIDE))
    config = wt.Config()
    config.wasm_wide_arithmetic = True
    wt.Module(wt.Engine(config), wasm)
    config = wt.Config()
    config.wasm_wide_arithmetic = False
    with pytest.raises(wt.WasmtimeError):
        wt.Module(wt.Engine(config), wasm)


def test_a_config_serves_one_engine(wt):
    config = wt.Config()
    wt.Engine(config)
    with pytest.raises(ValueError):
        wt.Engine(config)
    with pytest.raises(ValueError):
        config.consume_fuel = True


def test_a_closed_config_serves_none(wt):
    config = wt.Config()
    config.close()
    config.close()
    with pytest.raises(ValueError):
        wt.Engine(config)


def test_an_engine_takes_a_config(wt):
    assert isinstance(wt.Engine(), wt.Engine)
    assert isinstance(wt.Engine(None), wt.Engine)
    assert isinstance(wt.Engine(config=wt.Config()), wt.Engine)
    for other in (3, "config", wt.Engine()):
        with pytest.raises(TypeError):
            wt.Engine(other)


def test_an_engine_is_its_own(wt):
    assert wt.Engine().is_pulley() is False


def test_an_engine_can_be_closed_while_others_use_it(wt):
    with wt.Engine() as engine:
        store = wt.Store(engine)
        module = wt.Module(engine, '(module (func (export "f") (result i32) i32.const 7))')
    with pytest.raises(ValueError):
        engine.increment_epoch()
    with pytest.raises(ValueError):
        wt.Module(engine, "(module)")
    with pytest.raises(ValueError):
        wt.Store(engine)
    exports = wt.Instance(store, module, []).exports(store)
    assert exports["f"](store) == 7


def test_the_epoch_is_incremented_from_any_thread(wt):
    engine = wt.Engine()
    threads = [threading.Thread(target=lambda: [engine.increment_epoch() for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.increment_epoch() is None


def test_deep_recursion_is_bounded_by_the_stack_size(wt):
    config = wt.Config()
    config.max_wasm_stack = 1 << 16
    store = wt.Store(wt.Engine(config))
    text = """(module (func $down (export "down") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
        (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1))))))))"""
    down = wt.Instance(store, wt.Module(store.engine, text), []).exports(store)["down"]
    assert down(store, 10) == 10
    with pytest.raises(wt.Trap) as caught:
        down(store, 1_000_000)
    assert caught.value.trap_code == wt.TrapCode.STACK_OVERFLOW
