"""Threads: the GIL is released while a guest runs; one store is for one thread at a time."""

import gc
import threading
import time
import weakref

import pytest

SPIN = """(module (import "" "f" (func $f)) (memory (export "m") 1)
  (func (export "run") call $f) (func (export "id") (param i32) (result i32) local.get 0)
  (func (export "spin") (param i64)
    (loop (local.set 0 (i64.sub (local.get 0) (i64.const 1))) (br_if 0 (i64.gt_s (local.get 0) (i64.const 0))))))"""


class InThread(threading.Thread):
    """A thread whose result or exception is join()'s."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.work = target
        self.start()

    def run(self):
        self.result = self.error = None
        try:
            self.result = self.work()
        except BaseException as error:
            self.error = error

    def join(self, timeout=30):
        super().join(timeout)
        assert not self.is_alive()
        if self.error is not None:
            raise self.error
        return self.result


def spinner(package, guest, func=lambda: None):
    store = package.Store()
    return guest(SPIN, [package.Func(store, package.FuncType([], []), func)], store)


@pytest.fixture
def busy(weft, guest):
    """A guest that another thread runs, in a host function that waits."""
    entered, leave = threading.Event(), threading.Event()

    def host():
        entered.set()
        leave.wait(30)

    one = spinner(weft, guest, host)
    thread = InThread(lambda: one.call("run"))
    assert entered.wait(30)
    yield one
    leave.set()
    thread.join()
    # The store is free again.
    assert one.call("id", 3) == 3


USES = {
    "call": lambda weft, one: one.call("id", 1),
    "instantiate": lambda weft, one: weft.Instance(one.store, weft.Module(one.store.engine, "(module)"), []),
    "make a function": lambda weft, one: weft.Func(one.store, weft.FuncType([], []), lambda: None),
    "make a memory": lambda weft, one: weft.Memory(one.store, weft.MemoryType(weft.Limits(1, None))),
    "grow": lambda weft, one: one.exports["m"].grow(one.store, 1),
    "gc": lambda weft, one: one.store.gc(),
    "fuel": lambda weft, one: one.store.set_limits(instances=5),
    "set wasi": lambda weft, one: one.store.set_wasi(weft.WasiConfig()),
}


@pytest.mark.parametrize("name", USES)
def test_a_store_in_use_is_an_error_elsewhere(weft, busy, name):
    with pytest.raises((weft.WasmtimeError, RuntimeError, ValueError)):
        USES[name](weft, busy)


def test_reads_elsewhere_are_errors_or_right(weft, busy):
    for use in (
        lambda: busy.exports["m"].size(busy.store) == 1,
        lambda: busy.exports["m"].read(busy.store, 0, 4) == b"\0\0\0\0",
        lambda: busy.exports["m"].write(busy.store, b"\0", 0) == 1,
        lambda: busy.exports["m"].data_len(busy.store) == 65536,
        lambda: memoryview(busy.exports["m"]).nbytes == 65536,
        lambda: busy.exports["id"].type(busy.store).params == [weft.ValType.i32()],
    ):
        try:
            assert use()
        except (weft.WasmtimeError, RuntimeError, ValueError, BufferError):
            pass


def test_a_store_in_use_is_closed_later_or_not(weft, guest):
    entered, leave = threading.Event(), threading.Event()

    def host():
        entered.set()
        leave.wait(30)

    one = spinner(weft, guest, host)
    thread = InThread(lambda: one.call("run"))
    assert entered.wait(30)
    try:
        one.store.close()
    except (weft.WasmtimeError, RuntimeError, ValueError):
        pass
    gc.collect()
    leave.set()
    try:
        thread.join()
    except (weft.WasmtimeError, RuntimeError, ValueError):
        pass


def test_a_guest_lets_other_threads_run(weft, guest):
    """Python makes progress while a guest runs for a while."""
    one = spinner(weft, guest)
    counter = 0
    thread = InThread(lambda: one.call("spin", 100_000_000))
    while thread.is_alive():
        counter += 1
        time.sleep(0.001)
    thread.join()
    assert counter > 5


def test_stores_run_at_the_same_time(weft, guest):
    ones = [spinner(weft, guest) for _ in range(4)]

    def work(one):
        for i in range(500):
            assert one.call("id", i) == i
            one.call("run")

    for thread in [InThread(lambda one=one: work(one)) for one in ones]:
        thread.join()


def test_a_store_moves_between_threads(weft, guest):
    one = spinner(weft, guest)
    for i in range(20):
        assert InThread(lambda i=i: one.call("id", i)).join() == i


def test_stores_of_one_module_are_made_in_threads(weft):
    engine = weft.Engine()
    module = weft.Module(engine, SPIN)
    linker = weft.Linker(engine)
    linker.define_func("", "f", weft.FuncType([], []), lambda: None)

    def work():
        for i in range(50):
            store = weft.Store(engine)
            exports = linker.instantiate(store, module).exports(store)
            exports["run"](store)
            assert exports["id"](store, i) == i

    for thread in [InThread(work) for _ in range(4)]:
        thread.join()


def test_threads_race_for_a_store(weft, guest):
    """Each call is right, or refused; nothing else."""
    one = spinner(weft, guest)
    counts = {"right": 0, "refused": 0}
    lock = threading.Lock()

    def work():
        for i in range(2000):
            try:
                one.call("spin", 100)
                assert one.call("id", i) == i
                outcome = "right"
            except (weft.WasmtimeError, RuntimeError, ValueError) as error:
                assert "thread" in str(error) or "use" in str(error)
                outcome = "refused"
            with lock:
                counts[outcome] += 1

    for thread in [InThread(work) for _ in range(4)]:
        thread.join()
    assert counts["right"] > 0
    assert one.call("id", 1) == 1


def test_objects_are_dropped_by_other_threads(weft, collect):
    class Host:
        def __call__(self):
            return None

    engine = weft.Engine()
    store = weft.Store(engine)
    host = Host()
    data = Host()
    alive = [weakref.ref(host), weakref.ref(data)]
    linker = weft.Linker(engine)
    linker.define_func("", "f", weft.FuncType([], []), host)
    exports = linker.instantiate(store, weft.Module(engine, SPIN)).exports(store)
    table = weft.Table(store, weft.TableType(weft.ValType.externref(), weft.Limits(1, None)), data)
    box = [engine, store, linker, exports, table, memoryview(exports["m"])]
    del engine, store, linker, exports, table, host, data

    def drop():
        while box:
            box.pop()
            gc.collect()

    InThread(drop).join()
    collect()
    assert [ref() for ref in alive] == [None, None]


def test_garbage_of_one_store_is_collected_while_another_runs(weft, guest):
    one = spinner(weft, guest)
    thread = InThread(lambda: one.call("spin", 50_000_000))
    while thread.is_alive():
        store = weft.Store()
        weft.Func(store, weft.FuncType([], []), lambda store=store: store)
        del store
        gc.collect()
    thread.join()


def test_garbage_of_a_running_store_waits(weft, guest):
    """What a store holds is dropped by another thread while it runs."""
    one = spinner(weft, guest)
    thread = InThread(lambda: one.call("spin", 50_000_000))
    kept = [dict(one.exports), one.instance]
    del one.exports, one.instance
    kept.clear()
    gc.collect()
    thread.join()


def test_an_exception_belongs_to_its_thread(weft, guest):
    """Each thread gets the exception of its own host function."""

    def work(number):
        def host():
            time.sleep(0.0005)
            raise KeyError(number)

        one = spinner(weft, guest, host)
        for _ in range(50):
            with pytest.raises(KeyError) as caught:
                one.call("run")
            assert caught.value.args == (number,)

    for thread in [InThread(lambda n=n: work(n)) for n in range(4)]:
        thread.join()


def test_a_caller_is_of_no_use_to_other_threads(weft, guest):
    """It can be handed over, and answers there as the store does."""
    outcomes = []

    def host(caller):
        def work():
            try:
                outcomes.append(caller["id"](caller, 5))
            except (weft.WasmtimeError, RuntimeError, ValueError, KeyError):
                outcomes.append("refused")

        InThread(work).join()

    store = weft.Store()
    one = guest(SPIN, [weft.Func(store, weft.FuncType([], []), host, access_caller=True)], store)
    one.call("run")
    assert outcomes == ["refused"]
