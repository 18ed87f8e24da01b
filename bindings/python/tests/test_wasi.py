"""WasiConfig: what a WASI program sees of the host."""

import errno
import os
import pathlib
import struct

import pytest

SIGNATURES = {
    "args_sizes_get": "i32 i32",
    "args_get": "i32 i32",
    "environ_sizes_get": "i32 i32",
    "environ_get": "i32 i32",
    "fd_write": "i32 i32 i32 i32",
    "fd_read": "i32 i32 i32 i32",
    "fd_close": "i32",
    "fd_prestat_get": "i32 i32",
    "fd_prestat_dir_name": "i32 i32 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32",
    "path_create_directory": "i32 i32 i32",
    "path_unlink_file": "i32 i32 i32",
    "proc_exit": "i32",
}


def calls_of(functions):
    """A module that exports a function for each of WASI's, which calls it."""
    imports, funcs = [], []
    for name, params in functions.items():
        result = "" if name == "proc_exit" else "(result i32)"
        gets = " ".join(f"local.get {i}" for i in range(len(params.split())))
        imports.append(f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) {result}))')
        funcs.append(f'(func (export "{name}") (param {params}) {result} {gets} call ${name})')
    return "(module " + " ".join([*imports, '(memory (export "memory") 1)', *funcs]) + ")"


class Program:
    """A guest whose WASI calls are made from here."""

    DATA, VECTOR, COUNT = 1024, 16, 0

    def __init__(self, package, config):
        self.package = package
        self.store = package.Store()
        self.store.set_wasi(config)
        linker = package.Linker(self.store.engine)
        linker.define_wasi()
        module = package.Module(self.store.engine, calls_of(SIGNATURES))
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.memory = self.exports["memory"]

    def __getattr__(self, name):
        return lambda *args: self.exports[name](self.store, *args)

    def number(self, at):
        return struct.unpack("<I", self.memory.read(self.store, at, at + 4))[0]

    def put(self, value):
        self.memory.write(self.store, value, self.DATA)
        return self.DATA, len(value)

    def write(self, fd, value):
        """The error, and how much was written."""
        self.memory.write(self.store, struct.pack("<II", *self.put(value)), self.VECTOR)
        return self.fd_write(fd, self.VECTOR, 1, self.COUNT), self.number(self.COUNT)

    def read(self, fd, size=4096):
        self.memory.write(self.store, struct.pack("<II", self.DATA, size), self.VECTOR)
        error = self.fd_read(fd, self.VECTOR, 1, self.COUNT)
        return error, bytes(self.memory.read(self.store, self.DATA, self.DATA + self.number(self.COUNT)))

    def strings(self, sizes_get, get):
        assert sizes_get(0, 4) == 0
        count, size = self.number(0), self.number(4)
        assert get(16, self.DATA) == 0
        return bytes(self.memory.read(self.store, self.DATA, self.DATA + size)).split(b"\0")[:count]

    @property
    def argv(self):
        return self.strings(self.args_sizes_get, self.args_get)

    @property
    def env(self):
        return self.strings(self.environ_sizes_get, self.environ_get)

    def open(self, path, flags=0, rights=(1 << 1) | (1 << 6), directory=3):
        """The error, and the descriptor. Rights: to read and to write; flag 1 creates."""
        error = self.path_open(directory, 0, *self.put(path), flags, rights, rights, 0, self.COUNT)
        return error, self.number(self.COUNT)


@pytest.fixture
def config(wt):
    return wt.WasiConfig()


def test_nothing_is_given_at_first(wt, config):
    program = Program(wt, config)
    assert program.argv == []
    assert program.env == []
    assert program.read(0) == (0, b"")
    assert program.write(1, b"lost") == (0, 4)
    assert program.fd_prestat_get(3, 0) != 0


def test_arguments(wt, config):
    config.argv = ["program", "été", "", "-v"]
    assert Program(wt, config).argv == [b"program", "été".encode(), b"", b"-v"]


def test_arguments_are_strings(wt, config):
    for other in ([1], None, 5, [None]):
        with pytest.raises((TypeError, AttributeError)):
            config.argv = other


def test_arguments_are_inherited(wt, config, python):
    program = (
        "import sys; import PACKAGE as wt; c = wt.WasiConfig(); c.inherit_argv(); s = wt.Store(); s.set_wasi(c);"
        "l = wt.Linker(s.engine); l.define_wasi();"
        "m = wt.Module(s.engine, '''(module"
        ' (import "wasi_snapshot_preview1" "args_sizes_get" (func $f (param i32 i32) (result i32)))'
        ' (memory (export "memory") 1) (func (export "count") (result i32)'
        " (drop (call $f (i32.const 0) (i32.const 4))) (i32.load (i32.const 0))))''');"
        "i = l.instantiate(s, m); print(i.exports(s)['count'](s))"
    )
    done = python(program, package=wt.__name__)
    assert (done.returncode, done.stderr) == (0, "")
    # The interpreter and its options are arguments of the process: some.
    assert int(done.stdout) >= 1


def test_the_environment(wt, config):
    config.env = [["A", "1"], ("B", "zwei"), ("C", "")]
    assert sorted(Program(wt, config).env) == [b"A=1", b"B=zwei", b"C="]


def test_the_environment_is_inherited(wt, config, monkeypatch):
    monkeypatch.setenv("WEFT_TEST_VALUE", "inherited")
    config.inherit_env()
    assert b"WEFT_TEST_VALUE=inherited" in Program(wt, config).env


@pytest.mark.parametrize("as_path", [str, lambda path: str(path).encode(), pathlib.Path])
def test_streams_are_files(wt, config, tmp_path, as_path):
    given, out, err = (tmp_path / name for name in ("in", "out", "err"))
    given.write_bytes(b"given")
    out.write_bytes(b"previous contents")
    config.stdin_file = as_path(given)
    config.stdout_file = as_path(out)
    config.stderr_file = as_path(err)
    program = Program(wt, config)
    assert program.read(0) == (0, b"given")
    assert program.read(0) == (0, b"")
    assert program.write(1, b"to out") == (0, 6)
    assert program.write(2, b"to err") == (0, 6)
    program.store.close()
    assert out.read_bytes() == b"to out"
    assert err.read_bytes() == b"to err"


def test_files_that_cannot_be_opened_are_an_error(wt, config, tmp_path):
    with pytest.raises(wt.WasmtimeError):
        config.stdin_file = str(tmp_path / "missing")
    with pytest.raises(wt.WasmtimeError):
        config.stdout_file = str(tmp_path / "missing" / "file")
    with pytest.raises(wt.WasmtimeError):
        config.stderr_file = str(tmp_path)


def test_streams_are_callbacks(wt, config):
    out, err = [], []
    config.stdout_custom = out.append
    config.stderr_custom = lambda value: err.append(value) or len(value)
    program = Program(wt, config)
    assert program.write(1, b"one") == (0, 3)
    assert program.write(2, b"two") == (0, 3)
    assert program.write(1, b"three") == (0, 5)
    assert b"".join(out) == b"onethree"
    assert b"".join(err) == b"two"
    assert all(type(value) is bytes for value in out + err)


@pytest.mark.filterwarnings("ignore:Exception ignored")
def test_a_callback_that_fails_is_an_error_of_the_guest_s(wt, config):
    def fail(value):
        raise ValueError("reason")

    config.stdout_custom = fail
    error, _ = Program(wt, config).write(1, b"x")
    assert error != 0


def test_a_callback_that_gives_an_error_number(wt, config):
    config.stdout_custom = lambda value: -errno.EIO
    error, _ = Program(wt, config).write(1, b"x")
    assert error != 0


def test_a_directory(wt, config, tmp_path):
    (tmp_path / "file").write_bytes(b"contents")
    config.preopen_dir(str(tmp_path), "/data")
    program = Program(wt, config)
    assert program.fd_prestat_get(3, 0) == 0
    size = program.number(4)
    assert program.fd_prestat_dir_name(3, 100, size) == 0
    assert program.memory.read(program.store, 100, 100 + size) == b"/data"
    error, fd = program.open(b"file")
    assert error == 0
    assert program.read(fd) == (0, b"contents")
    assert program.fd_close(fd) == 0
    error, fd = program.open(b"new", flags=1)
    assert error == 0
    assert program.write(fd, b"written") == (0, 7)
    program.fd_close(fd)
    assert (tmp_path / "new").read_bytes() == b"written"
    assert program.path_create_directory(3, *program.put(b"folder")) == 0
    assert (tmp_path / "folder").is_dir()
    assert program.path_unlink_file(3, *program.put(b"new")) == 0
    assert not (tmp_path / "new").exists()
    assert program.open(b"../outside")[0] != 0
    assert program.open(b"/etc/passwd")[0] != 0


def test_directories_have_an_order(wt, config, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
        config.preopen_dir(str(tmp_path / name), name)
    program = Program(wt, config)
    for fd, name in ((3, b"a"), (4, b"b")):
        error, file = program.open(name, rights=1 << 1, directory=fd)
        assert (error, program.read(file)) == (0, (0, name))


def test_a_directory_to_read(wt, config, tmp_path):
    (tmp_path / "file").write_bytes(b"contents")
    config.preopen_dir(str(tmp_path), "/data", False)
    program = Program(wt, config)
    error, fd = program.open(b"file", rights=1 << 1)
    assert (error, program.read(fd)) == (0, (0, b"contents"))
    assert program.path_create_directory(3, *program.put(b"folder")) != 0
    assert program.path_unlink_file(3, *program.put(b"file")) != 0
    error, fd = program.open(b"new", flags=1)
    assert error != 0
    assert sorted(os.listdir(tmp_path)) == ["file"]


def test_a_directory_that_is_missing_is_an_error(wt, config, tmp_path):
    with pytest.raises(wt.WasmtimeError):
        config.preopen_dir(str(tmp_path / "missing"), "/data")
    (tmp_path / "file").touch()
    with pytest.raises(wt.WasmtimeError):
        config.preopen_dir(str(tmp_path / "file"), "/data")


@pytest.mark.parametrize("code", [0, 1, 42, 125])
def test_an_exit_is_an_error_with_a_code(wt, config, code):
    program = Program(wt, config)
    with pytest.raises(wt.ExitTrap) as caught:
        program.proc_exit(code)
    assert caught.value.code == code
    assert isinstance(caught.value, wt.WasmtimeError)
    assert str(code) in str(caught.value)


def test_a_config_serves_one_store(wt, config):
    wt.Store().set_wasi(config)
    with pytest.raises(ValueError):
        wt.Store().set_wasi(config)
    with pytest.raises(ValueError):
        config.argv = []


def test_a_closed_config_serves_none(wt, config):
    with config:
        pass
    with pytest.raises(ValueError):
        wt.Store().set_wasi(config)
    with pytest.raises(ValueError):
        config.inherit_stdout()


def test_a_store_takes_a_config(wt):
    for other in (1, None, "config"):
        with pytest.raises((TypeError, AttributeError)):
            wt.Store().set_wasi(other)


@pytest.mark.parametrize("name", ["argv", "env", "stdin_file", "stdout_file", "stderr_file", "stdout_custom"])
def test_a_setting_cannot_be_read(wt, config, name):
    with pytest.raises(AttributeError):
        getattr(config, name)


WRITER = """
import sys, PACKAGE as wt
config = wt.WasiConfig()
config.inherit_stdout()
config.inherit_stderr()
store = wt.Store()
store.set_wasi(config)
linker = wt.Linker(store.engine)
linker.define_wasi()
module = wt.Module(store.engine, '''(module
  (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 0) "\\\\10\\\\00\\\\00\\\\00\\\\06\\\\00\\\\00\\\\00") (data (i32.const 16) "guest\\\\n")
  (func (export "write") (param i32) (drop (call $w (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8)))))''')
write = linker.instantiate(store, module).exports(store)["write"]
"""


def test_streams_are_inherited(wt, python):
    done = python(WRITER + "write(store, 1); write(store, 2)", package=wt.__name__)
    assert (done.returncode, done.stdout, done.stderr) == (0, "guest\n", "guest\n")


def test_what_python_printed_comes_first(weft, python):
    done = python(WRITER + "for i in range(3):\n  print('host', i); write(store, 1)\nprint('end')")
    assert done.stdout == "host 0\nguest\nhost 1\nguest\nhost 2\nguest\nend\n"


def test_a_stream_that_python_has_replaced_is_no_business_of_the_guest_s(weft, python):
    program = (
        "import io\nreal = sys.stdout\nsys.stdout = io.StringIO()\nprint('kept')\nwrite(store, 1)\n"
        "sys.stdout = None\nwrite(store, 1)\nreal.close()\nwrite(store, 1)"
    )
    done = python(WRITER + program)
    assert done.returncode == 0, done.stderr
    assert "guest" in done.stdout and "kept" not in done.stdout


def test_a_program_runs_to_its_end(wt, guest):
    config = wt.WasiConfig()
    out = []
    config.stdout_custom = out.append
    store = wt.Store()
    store.set_wasi(config)
    linker = wt.Linker(store.engine)
    linker.define_wasi()
    module = wt.Module(store.engine, """(module
      (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\05\\00\\00\\00") (data (i32.const 16) "hello")
      (func (export "_start") (drop (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))""")
    linker.define_module(store, "", module)
    assert linker.get_default(store, "")(store) is None
    assert b"".join(out) == b"hello"


def test_wasi_without_a_config_is_an_error(weft):
    store = weft.Store()
    linker = weft.Linker(store.engine)
    linker.define_wasi()
    module = weft.Module(store.engine, calls_of({"args_sizes_get": "i32 i32"}))
    with pytest.raises((weft.WasmtimeError, weft.Trap)):
        linker.instantiate(store, module).exports(store)["args_sizes_get"](store, 0, 4)


def test_input_is_bytes(weft):
    config = weft.WasiConfig()
    config.stdin_bytes = b"from memory"
    program = Program(weft, config)
    assert program.read(0, 4) == (0, b"from")
    assert program.read(0) == (0, b" memory")
    assert program.read(0) == (0, b"")


def test_rights_of_a_directory(weft, tmp_path):
    config = weft.WasiConfig()
    (tmp_path / "file").write_bytes(b"contents")
    config.preopen_dir(str(tmp_path), "/data", weft.DirPerms.READ_ONLY, weft.FilePerms.READ_ONLY)
    program = Program(weft, config)
    error, fd = program.open(b"file", rights=1 << 1)
    assert (error, program.read(fd)) == (0, (0, b"contents"))
    assert program.path_create_directory(3, *program.put(b"folder")) != 0


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_a_callback_s_base_exception_stops_the_guest(weft, kind):
    """The other package can't: it prints exceptions and swallows them."""
    config = weft.WasiConfig()
    error = kind("reason")

    def fail(value):
        raise error

    config.stdout_custom = fail
    program = Program(weft, config)
    with pytest.raises(kind) as caught:
        program.write(1, b"x")
        program.write(1, b"x")
    assert caught.value is error
