"""The end of the interpreter, whatever is alive then."""

import pytest

SETUP = """
import atexit, gc, sys, threading, weft
engine = weft.Engine()
store = weft.Store(engine)
linker = weft.Linker(engine)
seen = []
linker.define_func("", "f", weft.FuncType([], []), lambda: seen.append(1))
module = weft.Module(engine, '''(module (import "" "f" (func $f)) (memory (export "m") 1) (table (export "t") 1 externref)
  (func (export "run") call $f) (func (export "loop") (loop call $f br 0)) (func (export "spin") (loop br 0)))''')
exports = linker.instantiate(store, module).exports(store)
"""

ENDS = {
    "objects of a module": "",
    "a call": "exports['run'](store)",
    "a view": "view = memoryview(exports['m'])",
    "a buffer": "buffer = exports['m'].get_buffer_ptr(store)",
    "a cycle": "weft.Func(store, weft.FuncType([], []), lambda: (store, exports, linker))",
    "a reference": "exports['t'].set(store, 0, object()); exports['t'].set(store, 0, store)",
    "a trap": "keep = []\ntry: weft.Instance(store, weft.Module(engine, '(module (func $f unreachable) (start $f))'), [])\n"
              "except weft.Trap as trap: keep.append(trap)",
    "a builtin that keeps it": "import builtins; builtins.kept = (store, exports, linker, module)",
    "a module's dictionary": "sys.modules['kept'] = store; sys.kept = exports",
    "no collector": "gc.disable(); weft.Func(store, weft.FuncType([], []), lambda: store)",
    "a call at exit": "atexit.register(lambda: exports['run'](store))",
    "a destructor that calls": (
        "class Late:\n  def __del__(self, run=exports['run'], store=store): run(store)\nlate = Late()\nlate.self = late"
    ),
    "an exception": "sys.excepthook = lambda *a: None\n1 / 0",
    "a thread that was joined": "t = threading.Thread(target=lambda: exports['run'](store)); t.start(); t.join()",
    "a store of a thread": (
        "kept = threading.local()\ndef work(): kept.store = weft.Store(); "
        "weft.Memory(kept.store, weft.MemoryType(weft.Limits(1, 2)))\n"
        "t = threading.Thread(target=work); t.start(); t.join()"
    ),
    "a daemon in a guest": (
        "import time; threading.Thread(target=lambda: exports['spin'](store), daemon=True).start(); time.sleep(0.2)"
    ),
    "a daemon between guest and host": (
        "import time; threading.Thread(target=lambda: exports['loop'](store), daemon=True).start(); time.sleep(0.2)"
    ),
    "a pending stream": "c = weft.WasiConfig(); c.stdout_custom = seen.append; store.set_wasi(c)",
    "closed objects": "store.close(); linker.close(); module.close(); engine.close()",
}


@pytest.mark.parametrize("name", ENDS)
def test_the_interpreter_ends(name, python):
    done = python(SETUP + ENDS[name])
    assert done.returncode == (1 if name == "an exception" else 0), (done.returncode, done.stderr)
    assert done.stderr == ""


def test_a_host_function_exits(python):
    program = "\nweft.Func(store, weft.FuncType([], []), lambda: sys.exit(7))(store)"
    done = python(SETUP + program)
    assert (done.returncode, done.stderr) == (7, "")


def test_a_host_function_ends_the_process(python):
    program = "\nimport os\nweft.Func(store, weft.FuncType([], []), lambda: os._exit(8))(store)"
    done = python(SETUP + program)
    assert (done.returncode, done.stderr) == (8, "")


def test_an_uncaught_exception_of_a_host_function_is_printed(python):
    program = """
def host():
    raise LookupError("the reason")

store2 = weft.Store()
host_func = weft.Func(store2, weft.FuncType([], []), host)
module2 = weft.Module(store2.engine, '(module (import "" "f" (func $f)) (func (export "run") call $f))')
weft.Instance(store2, module2, [host_func]).exports(store2)["run"](store2)
"""
    done = python(SETUP + program)
    assert done.returncode == 1
    assert "LookupError: the reason" in done.stderr
    assert "in host" in done.stderr
    assert "SystemError" not in done.stderr


def test_the_package_is_imported_in_a_thread(python):
    program = """
import threading
def work():
    import weft
    s = weft.Store()
    print(weft.Func(s, weft.FuncType([], [weft.ValType.i32()]), lambda: 3)(s))
t = threading.Thread(target=work); t.start(); t.join()
import weft
"""
    done = python(program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


def test_the_package_is_imported_under_another_name(python):
    done = python("import weft as wasmtime; s = wasmtime.Store(); print(type(s).__module__, wasmtime.Store.__name__)")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1] == "Store"


def test_warnings_as_errors(python):
    done = python("import warnings; warnings.simplefilter('error'); import weft; weft.Store().close()")
    assert (done.returncode, done.stderr) == (0, "")
