"""Store: data, fuel, epochs, limits."""

import threading
import time

import pytest

LOOP = '(module (func (export "loop") (loop br 0)))'
COUNT = """(module (func (export "count") (param i32) (result i32) (local i32)
  (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
    (br_if 0 (i32.lt_u (local.get 1) (local.get 0)))) (local.get 1)))"""


def engine_with(wt, **settings):
    config = wt.Config()
    for name, value in settings.items():
        setattr(config, name, value)
    return wt.Engine(config)


def test_a_store_makes_its_engine(wt):
    engine = wt.Engine()
    assert wt.Store(engine).engine is engine
    assert isinstance(wt.Store().engine, wt.Engine)
    assert isinstance(wt.Store(None).engine, wt.Engine)
    for other in (3, "engine", wt.Config()):
        with pytest.raises(TypeError):
            wt.Store(other)


def test_data_is_given_back(wt):
    data = object()
    assert wt.Store(wt.Engine(), data).data() is data
    assert wt.Store(data={"a": 1}).data() == {"a": 1}
    assert wt.Store().data() is None


@pytest.mark.parametrize("falsy", [0, "", [], {}, False, None])
def test_data_that_is_false_is_given_back(weft, falsy):
    """The other package gives None."""
    assert weft.Store(weft.Engine(), falsy).data() is falsy


def test_gc_may_be_called(wt, store):
    assert store.gc() is None


def test_fuel_is_counted(wt):
    store = wt.Store(engine_with(wt, consume_fuel=True))
    assert store.get_fuel() == 0
    store.set_fuel(10_000)
    assert store.get_fuel() == 10_000
    count = wt.Instance(store, wt.Module(store.engine, COUNT), []).exports(store)["count"]
    before = store.get_fuel()
    count(store, 10)
    ten = before - store.get_fuel()
    before = store.get_fuel()
    count(store, 20)
    twenty = before - store.get_fuel()
    assert 10 < ten < twenty < 1000


def test_the_end_of_fuel_is_a_trap(wt):
    store = wt.Store(engine_with(wt, consume_fuel=True))
    store.set_fuel(1000)
    loop = wt.Instance(store, wt.Module(store.engine, LOOP), []).exports(store)["loop"]
    with pytest.raises(wt.Trap) as caught:
        loop(store)
    assert caught.value.trap_code == wt.TrapCode.OUT_OF_FUEL
    # The store remains usable.
    store.set_fuel(500)
    assert store.get_fuel() == 500
    with pytest.raises(wt.Trap):
        loop(store)


def test_fuel_that_is_not_configured_is_an_error(wt, store):
    with pytest.raises(wt.WasmtimeError):
        store.set_fuel(1)
    with pytest.raises(wt.WasmtimeError):
        store.get_fuel()


def test_an_epoch_that_is_over_is_a_trap(wt):
    engine = engine_with(wt, epoch_interruption=True)
    store = wt.Store(engine)
    loop = wt.Instance(store, wt.Module(engine, LOOP), []).exports(store)["loop"]
    store.set_epoch_deadline(1)
    engine.increment_epoch()
    with pytest.raises(wt.Trap) as caught:
        loop(store)
    assert caught.value.trap_code == wt.TrapCode.INTERRUPT


def test_another_thread_ends_an_epoch(wt):
    engine = engine_with(wt, epoch_interruption=True)
    store = wt.Store(engine)
    store.set_epoch_deadline(3)
    loop = wt.Instance(store, wt.Module(engine, LOOP), []).exports(store)["loop"]

    def ticks():
        for _ in range(3):
            time.sleep(0.05)
            engine.increment_epoch()

    ticker = threading.Thread(target=ticks)
    ticker.start()
    started = time.monotonic()
    with pytest.raises(wt.Trap) as caught:
        loop(store)
    elapsed = time.monotonic() - started
    ticker.join()
    assert caught.value.trap_code == wt.TrapCode.INTERRUPT
    assert elapsed > 0.1


def test_an_epoch_that_is_not_over_lets_the_guest_run(wt):
    engine = engine_with(wt, epoch_interruption=True)
    store = wt.Store(engine)
    count = wt.Instance(store, wt.Module(engine, COUNT), []).exports(store)["count"]
    store.set_epoch_deadline(2)
    engine.increment_epoch()
    assert count(store, 5) == 5
    engine.increment_epoch()
    with pytest.raises(wt.Trap):
        count(store, 5)
    # The deadline counts from now.
    store.set_epoch_deadline(1)
    assert count(store, 5) == 5


def test_each_store_has_its_own_deadline(wt):
    engine = engine_with(wt, epoch_interruption=True)
    module = wt.Module(engine, COUNT)
    early, late = wt.Store(engine), wt.Store(engine)
    early.set_epoch_deadline(1)
    late.set_epoch_deadline(100)
    counts = {s: wt.Instance(s, module, []).exports(s)["count"] for s in (early, late)}
    engine.increment_epoch()
    assert counts[late](late, 9) == 9
    with pytest.raises(wt.Trap):
        counts[early](early, 9)


def test_epochs_do_nothing_unless_configured(wt, store):
    count = wt.Instance(store, wt.Module(store.engine, COUNT), []).exports(store)["count"]
    store.engine.increment_epoch()
    assert count(store, 100_000) == 100_000


GROW = '(module (memory (export "m") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))'


def test_limits_bound_memories(wt, guest):
    store = wt.Store()
    store.set_limits(memory_size=3 * 65536)
    one = guest(GROW, store=store)
    assert one.call("grow", 2) == 1
    assert one.call("grow", 1) == -1
    with pytest.raises(wt.WasmtimeError):
        one.exports["m"].grow(store, 1)
    with pytest.raises(wt.WasmtimeError):
        guest("(module (memory 4))", store=store)


def test_limits_bound_tables(wt, guest):
    store = wt.Store()
    store.set_limits(table_elements=10)
    funcref = wt.ValType.funcref()
    table = wt.Table(store, wt.TableType(funcref, wt.Limits(5, None)), None)
    assert table.grow(store, 5, None) == 5
    with pytest.raises(wt.WasmtimeError):
        table.grow(store, 1, None)
    with pytest.raises(wt.WasmtimeError):
        wt.Table(store, wt.TableType(funcref, wt.Limits(11, None)), None)


@pytest.mark.parametrize(
    "limit, text",
    [
        ("instances", "(module)"),
        ("memories", "(module (memory 0))"),
        ("tables", "(module (table 0 funcref))"),
    ],
)
def test_limits_bound_counts(wt, guest, limit, text):
    store = wt.Store()
    store.set_limits(**{limit: 2})
    guest(text, store=store)
    guest(text, store=store)
    with pytest.raises((wt.WasmtimeError, wt.Trap)):
        guest(text, store=store)


def test_a_negative_limit_is_none(wt, guest):
    store = wt.Store()
    store.set_limits(-1, -1, -1, -1, -1)
    assert guest(GROW, store=store).call("grow", 10) == 1


def test_limits_have_an_order(wt, guest):
    store = wt.Store()
    store.set_limits(65536, 10, 1, 1, 1)
    guest(GROW, store=store)
    with pytest.raises((wt.WasmtimeError, wt.Trap)):
        guest(GROW, store=store)


def test_a_closed_store_is_an_error(wt):
    with wt.Store() as store:
        memory = wt.Memory(store, wt.MemoryType(wt.Limits(1, None)))
        func = wt.Func(store, wt.FuncType([], []), lambda: None)
        cell = wt.Global(store, wt.GlobalType(wt.ValType.i32(), True), 1)
        table = wt.Table(store, wt.TableType(wt.ValType.funcref(), wt.Limits(1, None)), None)
        module = wt.Module(store.engine, "(module)")
        instance = wt.Instance(store, module, [])
    store.close()
    linker = wt.Linker(store.engine)
    for use in (
        lambda: memory.size(store),
        lambda: memory.grow(store, 1),
        lambda: memory.read(store, 0, 1),
        lambda: memory.write(store, b"a", 0),
        lambda: memory.data_len(store),
        lambda: memory.type(store),
        lambda: func(store),
        lambda: func.type(store),
        lambda: cell.value(store),
        lambda: cell.set_value(store, 2),
        lambda: table.size(store),
        lambda: table.get(store, 0),
        lambda: table.grow(store, 1, None),
        lambda: instance.exports(store),
        lambda: wt.Instance(store, module, []),
        lambda: linker.instantiate(store, module),
        lambda: wt.Memory(store, wt.MemoryType(wt.Limits(1, None))),
        lambda: wt.Func(store, wt.FuncType([], []), lambda: None),
        lambda: store.gc(),
        lambda: store.data(),
        lambda: store.set_fuel(1),
        lambda: store.get_fuel(),
        lambda: store.set_epoch_deadline(1),
        lambda: store.set_limits(instances=1),
        lambda: store.set_wasi(wt.WasiConfig()),
    ):
        with pytest.raises(ValueError):
            use()
