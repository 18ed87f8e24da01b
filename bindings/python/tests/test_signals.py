"""Signals while a guest runs: Ctrl-C, handlers that raise nothing, fork."""

import os
import signal
import subprocess
import sys
import time

import pytest

SETUP = """
import os, signal, sys, threading, time, weft
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
store = weft.Store()
host = [lambda: None]
func = weft.Func(store, weft.FuncType([], []), lambda: host[0]())
module = weft.Module(store.engine, '''(module (import "" "f" (func $f)) (memory 1)
  (func (export "spin") (loop br 0)) (func (export "calls") (loop call $f br 0)) (func (export "run") call $f)
  (func (export "oob") (result i32) (i32.load (i32.const -4)))
  (func (export "count") (param i64) (result i64) (local i64)
    (loop (local.set 1 (i64.add (local.get 1) (i64.const 1))) (br_if 0 (i64.lt_u (local.get 1) (local.get 0)))) (local.get 1)))''')
exports = weft.Instance(store, module, [func]).exports(store)
def after(seconds, number=signal.SIGINT):
    def send():
        time.sleep(seconds)
        os.kill(os.getpid(), number)
    threading.Thread(target=send, daemon=True).start()
started = time.monotonic()
def elapsed():
    return time.monotonic() - started
"""


@pytest.fixture
def run(python):
    def run(program, status=0):
        done = python(SETUP + program, timeout=30)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    return run


@pytest.mark.parametrize("export", ["spin", "calls"])
def test_ctrl_c_stops_a_guest(run, export):
    out = run(f"""
after(0.3)
try:
    exports["{export}"](store)
except KeyboardInterrupt:
    print(0.2 < elapsed() < 5)
# The store remains usable, and can be stopped again.
print(exports["count"](store, 10))
started = time.monotonic()
after(0.3)
try:
    exports["{export}"](store)
except KeyboardInterrupt:
    print(0.2 < elapsed() < 5)
""")
    assert out == "True\n10\nTrue\n"


def test_ctrl_c_of_a_terminal_ends_the_program(python):
    """As a shell sees it: the process dies by the signal."""
    program = SETUP + "\nprint('ready', flush=True)\nexports['spin'](store)\nprint('never')"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        try:
            out, error = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == -signal.SIGINT
    assert out == ""
    assert "KeyboardInterrupt" in error


def test_ctrl_c_stops_what_is_inside(run):
    """Guest, host, guest: the exception passes through all of them."""
    out = run("""
def inner():
    try:
        exports["spin"](store)
    except KeyboardInterrupt:
        print("inner")
        raise
host[0] = inner
after(0.3)
try:
    exports["run"](store)
except KeyboardInterrupt:
    print("outer")
""")
    assert out == "inner\nouter\n"


def test_a_handler_s_exception_comes_out_as_itself(run):
    out = run("""
class Mine(Exception):
    pass
error = Mine()
def handler(number, frame):
    raise error
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    exports["spin"](store)
except Mine as caught:
    print(caught is error, elapsed() < 5)
""")
    assert out == "True True\n"


def test_a_handler_that_raises_nothing_lets_the_guest_go_on(run):
    out = run("""
times = []
signal.signal(signal.SIGALRM, lambda number, frame: times.append(elapsed()))
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
n = 10_000_000
while elapsed() < 1.5:
    started_call = elapsed()
    assert exports["count"](store, n) == n
    if elapsed() - started_call < 0.5:
        n *= 2
signal.setitimer(signal.ITIMER_REAL, 0)
# In the middle of calls, not only between them.
print(len(times) >= 8, len(times))
""")
    assert out.startswith("True"), out


def test_a_signal_without_a_handler_of_python_s_changes_nothing(run):
    out = run("""
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
after(0.05, signal.SIGUSR1)
print(exports["count"](store, 100_000_000))
""")
    assert out == "100000000\n"


def test_ctrl_c_is_the_main_thread_s(run):
    """A guest of another thread runs on; the main thread is interrupted as ever."""
    out = run("""
results = []
thread = threading.Thread(target=lambda: results.append(exports["count"](store, 300_000_000)))
thread.start()
after(0.1)
try:
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
thread.join()
print(results)
""")
    assert out == "interrupted\n[300000000]\n"


def test_ctrl_c_while_two_guests_run(run):
    """The main thread's is stopped, the other one's is not."""
    out = run("""
results = []
other = weft.Store(store.engine)
their = weft.Instance(other, module, [weft.Func(other, weft.FuncType([], []), lambda: None)]).exports(other)
thread = threading.Thread(target=lambda: results.append(their["count"](other, 500_000_000)))
thread.start()
after(0.2)
try:
    exports["spin"](store)
except KeyboardInterrupt:
    print("interrupted")
thread.join()
print(results)
""")
    assert out == "interrupted\n[500000000]\n"


def test_ctrl_c_during_a_start_function(run):
    out = run("""
after(0.3)
try:
    weft.Instance(store, weft.Module(store.engine, "(module (func $f (loop br 0)) (start $f))"), [])
except KeyboardInterrupt:
    print("interrupted", elapsed() < 5)
""")
    assert out == "interrupted True\n"


def test_ctrl_c_wakes_a_guest_that_sleeps(run):
    out = run("""
store.set_wasi(weft.WasiConfig())
linker = weft.Linker(store.engine)
linker.define_wasi()
sleeper = weft.Module(store.engine, '''(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sleep") (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 20000000000))
    (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))))''')
sleep = linker.instantiate(store, sleeper).exports(store)["sleep"]
after(0.3)
try:
    sleep(store)
except KeyboardInterrupt:
    print("interrupted", 0.2 < elapsed() < 5)
""")
    assert out == "interrupted True\n"


WRITER = r"""
config = weft.WasiConfig()
config.inherit_stdout()
store.set_wasi(config)
linker = weft.Linker(store.engine)
linker.define_wasi()
writer = weft.Module(store.engine, '''(module
  (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2) (data (i32.const 0) "\\10\\00\\00\\00\\00\\00\\01\\00")
  (func (export "write") (result i32) (local i32)
    (loop (br_if 0 (i32.eqz (local.tee 0 (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))
    (local.get 0)))''')
write = linker.instantiate(store, writer).exports(store)["write"]
"""


@pytest.mark.parametrize("setup", ["", "os.set_blocking(1, False)\n"], ids=["waits", "non-blocking"])
def test_ctrl_c_while_nobody_reads_what_the_guest_writes(setup):
    program = SETUP + WRITER + setup + "write(store)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(1.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(20) == -signal.SIGINT
        finally:
            process.kill()
        assert "KeyboardInterrupt" in process.stderr.read()


def test_signals_while_nobody_reads_lose_nothing():
    """A handler that raises nothing lets the write go on."""
    program = SETUP + WRITER + """
signal.signal(signal.SIGALRM, lambda number, frame: None)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
print(write(store), file=sys.stderr)
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(1)
        assert process.poll() is None
        # What it wrote, until it hears that nobody listens.
        assert process.stdout.read(1 << 20) == bytes(1 << 20)
        time.sleep(0.3)
        assert process.poll() is None
        process.stdout.close()
        assert int(process.stderr.read()) != 0


def test_ctrl_c_in_a_host_function_is_python_s_own(run):
    out = run("""
host[0] = lambda: time.sleep(10)
after(0.3)
try:
    exports["run"](store)
except KeyboardInterrupt:
    print("interrupted", elapsed() < 5)
""")
    assert out == "interrupted True\n"


def test_an_interrupt_that_came_too_late_stops_nothing_later(run):
    """What was requested for one call doesn't stop the next one."""
    out = run("""
signal.signal(signal.SIGALRM, lambda number, frame: None)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for _ in range(200):
    assert exports["count"](store, 100_000) == 100_000
signal.setitimer(signal.ITIMER_REAL, 0)
print("all")
""")
    assert out == "all\n"


def test_ctrl_c_beside_an_epoch(run):
    out = run("""
config = weft.Config()
config.epoch_interruption = True
engine = weft.Engine(config)
mine = weft.Store(engine)
mine.set_epoch_deadline(1_000_000)
spin = weft.Instance(mine, weft.Module(engine, '(module (func (export "f") (loop br 0)))'), []).exports(mine)["f"]
stop = []
def ticks():
    while not stop:
        time.sleep(0.01)
        engine.increment_epoch()
threading.Thread(target=ticks, daemon=True).start()
after(0.3)
try:
    spin(mine)
except KeyboardInterrupt:
    print("interrupted")
mine.set_epoch_deadline(3)
try:
    spin(mine)
except weft.Trap as trap:
    print(trap.trap_code.name)
stop.append(1)
""")
    assert out == "interrupted\nINTERRUPT\n"


def test_fork(run):
    """Both processes go on with their copies."""
    out = run("""
exports["count"](store, 10)
child = os.fork()
if child == 0:
    status = 0 if exports["count"](store, 5) == 5 else 1
    try:
        exports["oob"](store)
    except weft.Trap:
        status += 0
    else:
        status += 2
    new = weft.Store(store.engine)
    weft.Memory(new, weft.MemoryType(weft.Limits(1, 2))).grow(new, 1)
    os._exit(status)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), exports["count"](store, 6))
""")
    assert out == "0 6\n"


def test_ctrl_c_after_fork(run):
    """Threads don't survive a fork; what listens to Ctrl-C must."""
    out = run("""
signal.signal(signal.SIGALRM, lambda number, frame: None)
exports["count"](store, 200_000_000)
child = os.fork()
if child == 0:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        exports["spin"](store)
    except KeyboardInterrupt:
        os._exit(42)
    os._exit(1)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
""")
    assert out == "42\n"


def test_fork_in_a_host_function(run):
    out = run("""
def fork():
    child = os.fork()
    if child == 0:
        os._exit(5 if exports["count"](store, 3) == 3 else 1)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))
host[0] = fork
exports["run"](store)
""")
    assert out == "5\n"


def test_processes_of_multiprocessing(run):
    out = run("""
import multiprocessing
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(lambda_, [1, 2, 3]))
""".replace("import multiprocessing", "import multiprocessing\ndef lambda_(n): return exports['count'](store, n)"))
    assert out == "[1, 2, 3]\n"


@pytest.mark.parametrize("when", ["before", "after"])
def test_faulthandler_leaves_traps_alone(python, when):
    """Guard pages are Weft's, whoever else listens to SIGSEGV."""
    enable = "import faulthandler; faulthandler.enable()\n"
    call = "try: exports['oob'](store)\nexcept weft.Trap as trap: print(trap.trap_code.name)\n"
    program = enable + SETUP + call if when == "before" else SETUP + call + enable + call
    done = python(program)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert done.stdout == "MEMORY_OUT_OF_BOUNDS\n" * (1 if when == "before" else 2)


def test_a_fault_of_another_is_still_reported(python):
    done = python(SETUP + """
try: exports["oob"](store)
except weft.Trap: pass
import ctypes
ctypes.string_at(1)
""")
    if "ASAN_OPTIONS" in os.environ:
        assert "AddressSanitizer: SEGV" in done.stderr
    else:
        assert (done.returncode, "Segmentation fault" in done.stderr) == (-signal.SIGSEGV, True)
