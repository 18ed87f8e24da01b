"""Host functions, and other callbacks, that do what they shouldn't."""

import gc
import weakref

import pytest

RUN = '(module (import "" "f" (func $f)) (memory (export "m") 1 9) (func (export "run") call $f)' \
      ' (func (export "size") (result i32) memory.size) (func (export "after") (result i32)' \
      " call $f (i32.store (i32.const 100000) (i32.const 5)) (i32.load (i32.const 100000))))"


def with_host(package, guest, func, **options):
    store = package.Store()
    return guest(RUN, [package.Func(store, package.FuncType([], []), func, **options)], store)


def test_the_host_grows_the_memory_of_a_running_guest(wt, guest):
    def host(caller):
        caller["m"].grow(caller, 3)

    one = with_host(wt, guest, host, access_caller=True)
    assert one.call("after") == 5
    assert one.call("size") == 4


def test_the_host_grows_a_memory_that_it_views(weft, guest):
    one = with_host(weft, guest, lambda: views.append(memoryview(one.exports["m"])))
    views = []
    one.call("run")
    views[0][5] = 7
    try:
        one.exports["m"].grow(one.store, 1)
    except BufferError:
        pass
    assert views[0][5] == 7


def test_the_host_calls_back(wt, guest):
    depth = []

    def host(caller):
        depth.append(1)
        if len(depth) < 100:
            caller["run"](caller)

    one = with_host(wt, guest, host, access_caller=True)
    one.call("run")
    assert len(depth) == 100


def test_endless_recursion_through_the_host_ends(weft, guest):
    def host(caller):
        caller["run"](caller)

    one = with_host(weft, guest, host, access_caller=True)
    with pytest.raises((RecursionError, weft.Trap, weft.WasmtimeError)):
        one.call("run")
    assert one.call("size") == 1


def test_the_host_closes_the_store_of_a_running_guest(weft, guest):
    """The call ends as it would have, and the store is closed afterwards; or closing it is refused."""
    outcome = []

    def host():
        try:
            one.store.close()
            outcome.append("closed")
        except (ValueError, weft.WasmtimeError):
            outcome.append("refused")

    one = with_host(weft, guest, host)
    try:
        one.call("run")
    except ValueError:
        assert outcome == ["closed"]
    if outcome == ["refused"]:
        assert one.call("size") == 1
    else:
        with pytest.raises(ValueError):
            one.call("size")
    gc.collect()


def test_the_host_closes_the_store_and_goes_on(weft, guest):
    def host(caller):
        try:
            one.store.close()
        except (ValueError, weft.WasmtimeError):
            pass
        gc.collect()
        for use in (
            lambda: caller["m"].write(caller, b"x", 0),
            lambda: caller["run"].type(caller),
            lambda: one.exports["m"].size(one.store),
            lambda: weft.Memory(caller, weft.MemoryType(weft.Limits(1, None))),
        ):
            try:
                use()
            except (ValueError, KeyError, weft.WasmtimeError):
                pass

    one = with_host(weft, guest, host, access_caller=True)
    try:
        one.call("run")
    except ValueError:
        pass


@pytest.mark.parametrize("what", ["engine", "module", "linker", "config"])
def test_the_host_closes_what_the_guest_came_from(weft, what):
    config = weft.WasiConfig()
    engine = weft.Engine()
    module = weft.Module(engine, RUN)
    linker = weft.Linker(engine)
    store = weft.Store(engine)
    things = {"engine": engine, "module": module, "linker": linker, "config": config}
    linker.define_func("", "f", weft.FuncType([], []), lambda: (things[what].close(), gc.collect()) and None)
    exports = linker.instantiate(store, module).exports(store)
    exports["run"](store)
    exports["run"](store)
    exports["m"].grow(store, 2)
    assert exports["after"](store) == 5


def test_the_host_function_drops_all_that_holds_it(weft):
    """Its last references are those of the call that runs."""
    holder = {}

    def start():
        def host():
            holder.clear()
            gc.collect()
            return None

        engine = weft.Engine()
        linker = weft.Linker(engine)
        linker.define_func("", "f", weft.FuncType([], []), host)
        store = weft.Store(engine)
        exports = linker.instantiate(store, weft.Module(engine, RUN)).exports(store)
        holder.update(store=store, linker=linker, exports=exports)
        gone.append(weakref.ref(host))
        return exports["run"], store

    gone = []
    run, store = start()
    run(store)
    del run, store
    gc.collect()
    assert gone[0]() is None


def test_the_host_redefines_itself(weft):
    engine = weft.Engine()
    linker = weft.Linker(engine)
    linker.allow_shadowing = True
    store = weft.Store(engine)
    calls = []

    def host():
        calls.append(1)
        linker.define_func("", "f", weft.FuncType([], []), lambda: calls.append(2))
        gc.collect()

    linker.define_func("", "f", weft.FuncType([], []), host)
    module = weft.Module(engine, RUN)
    one = linker.instantiate(store, module).exports(store)
    one["run"](store)
    linker.instantiate(store, module).exports(store)["run"](store)
    assert calls == [1, 2]


def test_the_host_removes_the_running_function_from_its_table(wt, guest):
    store = wt.Store()
    table = wt.Table(store, wt.TableType(wt.ValType.funcref(), wt.Limits(1, None)), None)

    def host():
        table.set(store, 0, None)
        gc.collect()

    table.set(store, 0, wt.Func(store, wt.FuncType([], []), host))
    one = guest('(module (import "" "t" (table 1 funcref)) (type $v (func))'
                ' (func (export "run") (call_indirect (type $v) (i32.const 0))))', [table], store)
    one.call("run")
    with pytest.raises(wt.Trap):
        one.call("run")


def test_the_host_starts_another_store(wt, guest):
    inner = guest('(module (func (export "run") (result i32) i32.const 9))')
    seen = []
    with_host(wt, guest, lambda: seen.append(inner.call("run"))).call("run")
    assert seen == [9]


def test_the_host_makes_instances_in_the_running_store(wt, guest):
    def host(caller):
        module = wt.Module(one.store.engine, '(module (func (export "f") (result i32) i32.const 3))')
        assert wt.Instance(one.store, module, []).exports(one.store)["f"](caller) == 3

    one = with_host(wt, guest, host, access_caller=True)
    one.call("run")


def test_exceptions_of_nested_calls_do_not_mix(wt, guest):
    def inner():
        raise KeyError("inner")

    inside = with_host(wt, guest, inner)

    def outer():
        try:
            inside.call("run")
        except KeyError:
            pass
        raise IndexError("outer")

    with pytest.raises(IndexError, match="outer") as caught:
        with_host(wt, guest, outer).call("run")
    assert caught.value.__cause__ is None


def test_an_exception_s_context_is_what_was_handled(weft, guest):
    def host():
        try:
            raise KeyError("first")
        except KeyError:
            raise IndexError("second")

    with pytest.raises(IndexError) as caught:
        with_host(weft, guest, host).call("run")
    assert isinstance(caught.value.__context__, KeyError)


class ClosesWhenIndexed:
    def __init__(self, store):
        self.store = store

    def __index__(self):
        self.store.close()
        return 0


class ClosesWhenIterated:
    """As a sequence, an iterable and a buffer's source: closes the store on the way."""

    def __init__(self, store, items):
        self.store = store
        self.items = items

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        self.store.close()
        gc.collect()
        return iter(self.items)

    def __getitem__(self, index):
        self.store.close()
        gc.collect()
        return self.items[index]


def test_arguments_that_close_the_store_while_they_are_converted(weft):
    def memory():
        store = weft.Store()
        return store, weft.Memory(store, weft.MemoryType(weft.Limits(1, 2)))

    store, one = memory()
    with pytest.raises((ValueError, weft.WasmtimeError)):
        one.read(store, ClosesWhenIndexed(store), 10)
    store, one = memory()
    with pytest.raises((ValueError, weft.WasmtimeError)):
        one.write(store, b"abc", ClosesWhenIndexed(store))
    store, one = memory()
    with pytest.raises((ValueError, weft.WasmtimeError)):
        one.write(store, ClosesWhenIterated(store, [1, 2, 3]), 0)
    store, one = memory()
    with pytest.raises((ValueError, TypeError, weft.WasmtimeError)):
        one.grow(store, ClosesWhenIndexed(store))
    store, one = memory()
    module = weft.Module(store.engine, '(module (import "" "m" (memory 1)))')
    with pytest.raises((ValueError, TypeError, weft.WasmtimeError)):
        weft.Instance(store, module, ClosesWhenIterated(store, [one]))


def test_results_that_close_the_store_while_they_are_converted(weft, guest):
    store = weft.Store()
    i32 = weft.ValType.i32()
    func = weft.Func(store, weft.FuncType([], [i32, i32]), lambda: ClosesWhenIterated(store, [1, 2]))
    one = guest('(module (import "" "f" (func $f (result i32 i32))) (func (export "run") (result i32 i32) call $f))',
                [func], store)
    try:
        assert one.call("run") == [1, 2]
    except (ValueError, TypeError, weft.WasmtimeError):
        pass


def test_data_with_a_destructor_that_uses_the_store(weft):
    calls = []

    class Data:
        def __init__(self, store):
            self.store = weakref.ref(store)

        def __del__(self):
            calls.append(1)
            store = self.store()
            if store is not None:
                for use in (store.gc, store.close, lambda: weft.Memory(store, weft.MemoryType(weft.Limits(1, 2)))):
                    try:
                        use()
                    except (ValueError, weft.WasmtimeError):
                        pass

    for close in (True, False):
        store = weft.Store()
        table = weft.Table(store, weft.TableType(weft.ValType.externref(), weft.Limits(1, None)), None)
        table.set(store, 0, Data(store))
        if close:
            store.close()
        del store, table
        gc.collect()
    assert len(calls) == 2


def test_a_callable_with_a_destructor_that_uses_the_store(weft):
    calls = []

    class Host:
        def __init__(self, store):
            self.store = weakref.ref(store)

        def __call__(self):
            return None

        def __del__(self):
            calls.append(1)
            store = self.store()
            if store is not None:
                try:
                    store.gc()
                except (ValueError, weft.WasmtimeError):
                    pass

    for close in (True, False):
        store = weft.Store()
        func = weft.Func(store, weft.FuncType([], []), Host(store))
        func(store)
        if close:
            store.close()
        del store, func
        gc.collect()
    assert len(calls) == 2


def test_a_stream_callback_that_uses_its_store(weft):
    config = weft.WasiConfig()
    store = weft.Store()
    seen = []

    def write(value):
        for use in (lambda: store.gc(), lambda: exports["memory"].grow(store, 1), lambda: exports["write"](store, 1),
                    store.close):
            if len(seen) > 20:
                break
            seen.append(value)
            try:
                use()
            except (ValueError, weft.WasmtimeError, weft.Trap):
                pass

    config.stdout_custom = write
    store.set_wasi(config)
    linker = weft.Linker(store.engine)
    linker.define_wasi()
    module = weft.Module(store.engine, """(module
      (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 16) "hello")
      (func (export "write") (param i32)
        (drop (call $w (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8)))))""")
    exports = linker.instantiate(store, module).exports(store)
    try:
        exports["write"](store, 1)
    except (ValueError, weft.WasmtimeError):
        pass
    assert seen
