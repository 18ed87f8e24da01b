"""What no program should do, and what it gets for it: an exception, never a crash."""

import copy
import inspect
import pathlib
import pickle
import subprocess
import sys

import pytest


def everything(weft):
    """One object of each class."""
    engine = weft.Engine()
    store = weft.Store(engine)
    i32, externref = weft.ValType.i32(), weft.ValType.externref()
    ty = weft.FuncType([i32], [i32])
    module = weft.Module(engine, '(module (import "a" "b" (func)) (func (export "f") unreachable))')
    linker = weft.Linker(engine)
    linker.define_func("a", "b", weft.FuncType([], []), lambda: None)
    instance = linker.instantiate(store, module)
    try:
        instance.exports(store)["f"](store)
    except weft.Trap as error:
        trap = error
    limits = weft.Limits(1, 2)
    return {
        "Config": weft.Config(),
        "Engine": engine,
        "Store": store,
        "Module": module,
        "Linker": linker,
        "Instance": instance,
        "InstanceExports": instance.exports(store),
        "InstancePre": linker.instantiate_pre(module),
        "Func": weft.Func(store, ty, lambda value: value),
        "Memory": weft.Memory(store, weft.MemoryType(limits)),
        "Global": weft.Global(store, weft.GlobalType(i32, True), 1),
        "Table": weft.Table(store, weft.TableType(externref, limits), None),
        "WasiConfig": weft.WasiConfig(),
        "ValType": i32,
        "FuncType": ty,
        "GlobalType": weft.GlobalType(i32, True),
        "TableType": weft.TableType(externref, limits),
        "MemoryType": weft.MemoryType(limits),
        "ImportType": module.imports[0],
        "ExportType": module.exports[0],
        "Frame": trap.frames[0],
        "Trap": trap,
        "Val": weft.Val.i32(1),
    }


OF_A_STORE = [
    "Config", "Engine", "Store", "Module", "Linker", "Instance", "InstanceExports", "InstancePre", "Func", "Memory",
    "Global", "Table", "WasiConfig",
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in OF_A_STORE if name != "InstanceExports"])
@pytest.mark.parametrize("copies", [copy.copy, copy.deepcopy, pickle.dumps], ids=["copy", "deepcopy", "pickle"])
def test_what_an_engine_owns_has_no_copies(weft, name, copies):
    with pytest.raises((TypeError, pickle.PicklingError)):
        copies(everything(weft)[name])


@pytest.mark.filterwarnings("ignore:nanobind. attempted to access an uninitialized instance")
@pytest.mark.parametrize("name", [name for name in OF_A_STORE if name != "InstanceExports"])
def test_an_object_that_was_never_made_is_an_error(weft, name):
    """As made by __new__ alone, or by a subclass that forgot its base's __init__."""
    kind = type(everything(weft)[name])

    class Forgetful(kind):
        def __init__(self):
            pass

    for make in (lambda: kind.__new__(kind), Forgetful):
        try:
            made = make()
        except TypeError:
            continue
        store = weft.Store()
        for attribute in dir(made):
            if attribute.startswith("_") or inspect.ismethod(getattr(kind, attribute)):  # one of its class
                continue
            with pytest.raises((TypeError, ValueError, AttributeError, weft.WasmtimeError)):
                member = getattr(made, attribute)
                if attribute in ("close", "ptr"):
                    raise ValueError("may do nothing")
                if attribute in ("get", "set", "read", "write", "set_value"):
                    member(store, 0)
                elif callable(member):
                    try:
                        member(store)
                    except TypeError:
                        member()


def test_classes_can_be_subclassed(wt):
    class MyStore(wt.Store):
        def __init__(self, engine):
            super().__init__(engine, "data")
            self.mine = 5

    class MyModule(wt.Module):
        @property
        def names(self):
            return [export.name for export in self.exports]

    class MyLinker(wt.Linker):
        def define_func(self, module, name, ty, func, access_caller=False):
            self.last = name
            super().define_func(module, name, ty, func, access_caller)

    class MyEngine(wt.Engine):
        pass

    class MyMemory(wt.Memory):
        def first(self, store):
            return self.read(store, 0, 1)[0]

    class MyFunc(wt.Func):
        def __call__(self, store, *args):
            return super().__call__(store, *args) + 100

    class MyError(wt.WasmtimeError):
        pass

    engine = MyEngine()
    store = MyStore(engine)
    assert (store.mine, store.data()) == (5, "data")
    module = MyModule(engine, '(module (import "a" "b" (func)) (func (export "f") (result i32) i32.const 4))')
    assert module.names == ["f"]
    linker = MyLinker(engine)
    linker.define_func("a", "b", wt.FuncType([], []), lambda: None)
    assert linker.last == "b"
    assert linker.instantiate(store, module).exports(store)["f"](store) == 4
    assert MyMemory(store, wt.MemoryType(wt.Limits(1, None))).first(store) == 0
    assert MyFunc(store, wt.FuncType([], [wt.ValType.i32()]), lambda: 1)(store) == 101
    with pytest.raises(wt.WasmtimeError, match="mine"):
        raise MyError("mine")
    assert isinstance(MyModule.from_file, type(wt.Module.from_file))


def test_objects_take_attributes_and_weak_references(weft):
    """As those of the other package, whose classes are Python's."""
    import weakref

    objects = everything(weft)
    for name in ("Store", "Engine", "Module", "Linker", "Instance", "Func", "Memory", "Global", "Table"):
        weakref.ref(objects[name])
        objects[name].note = name
        assert objects[name].note == name


@pytest.mark.filterwarnings("ignore:nanobind. attempted to access an uninitialized instance")
@pytest.mark.parametrize("name", [name for name in OF_A_STORE if name != "InstanceExports"])
def test_garbage_that_was_never_made_is_collected(weft, collect, name):
    kind = type(everything(weft)[name])
    try:
        made = kind.__new__(kind)
        made.itself = made
    except (TypeError, AttributeError):
        return
    for use in (memoryview, lambda it: it(weft.Store()), bool, repr, hash):
        try:
            use(made)
        except (TypeError, ValueError, BufferError):
            pass
    del made
    collect()


# What each method would be given by a program that is wrong: objects that are mixed up, closed or of another store.


def other_arguments(weft):
    closed = weft.Store()
    closed.close()
    return [None, -1, 2**70, 1.5, "", "text", "nul\0", b"bytes", [], {}, object(), weft.Store(), closed,
            *everything(weft).values()]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in OF_A_STORE if name not in ("Config", "WasiConfig")])
def test_other_arguments_are_exceptions(weft, name):
    others = other_arguments(weft)
    kind = type(everything(weft)[name])
    methods = [attribute for attribute in dir(kind) if not attribute.startswith("_") and callable(getattr(kind, attribute))]
    assert methods
    for attribute in methods:
        if attribute == "close":
            continue
        for other in others:
            method = getattr(everything(weft)[name], attribute)
            for arguments in ((), (other,), (other, other), (other, 0), (other, "x", "y", other)):
                try:
                    method(*arguments)
                except Exception as error:
                    assert not isinstance(error, (SystemError, MemoryError)), (attribute, arguments)
                    assert "bad_cast" not in str(error), (attribute, arguments)


@pytest.mark.parametrize("seed", range(4))
def test_random_programs_do_not_crash(seed, tmp_path):
    """Random calls with random objects, closed ones among them, for two seconds."""
    program = pathlib.Path(__file__).with_name("random_calls.py")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", program, str(seed), "2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
    calls, successes = map(int, done.stdout.split())
    assert calls > 1000
    assert successes > 100


def test_a_message_that_fails_is_no_crash(weft, guest):
    class Strange(Exception):
        def __str__(self):
            raise ValueError("no text")

        __repr__ = __str__

    def host():
        raise Strange()

    store = weft.Store()
    text = '(module (import "" "f" (func $f)) (func (export "run") call $f))'
    one = guest(text, [weft.Func(store, weft.FuncType([], []), host)], store)
    with pytest.raises(Strange):
        one.call("run")


def test_names_with_nul_and_surrogates(weft):
    engine = weft.Engine()
    linker = weft.Linker(engine)
    linker.define_func("a\0b", "\0", weft.FuncType([], []), lambda: None)
    assert isinstance(linker.get(weft.Store(engine), "a\0b", "\0"), weft.Func)
    with pytest.raises((UnicodeEncodeError, TypeError)):
        linker.define_func("\ud800", "x", weft.FuncType([], []), lambda: None)
    with pytest.raises((UnicodeEncodeError, TypeError, weft.WasmtimeError)):
        weft.Module(engine, '(module (func (export "\ud800")))')


def test_every_mutation_of_a_module_is_accepted_or_refused(weft):
    engine = weft.Engine()
    wasm = weft.wat2wasm("""(module $m (type (func (param i32) (result i32))) (memory 1) (table 1 funcref)
      (global (mut i32) (i32.const 1)) (export "f" (func 0)) (elem (i32.const 0) func 0) (data (i32.const 0) "x")
      (func (type 0) (i32.add (local.get 0) (i32.load (i32.const 0)))))""")
    counts = {True: 0, False: 0}
    for at in range(len(wasm)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            changed = bytearray(wasm)
            changed[at] = value
            try:
                module = weft.Module(engine, bytes(b"\0asm") + bytes(changed[4:]))
                str(module.imports), str(module.exports)
                counts[True] += 1
            except weft.WasmtimeError:
                counts[False] += 1
    assert counts[True] > 10 and counts[False] > 100
