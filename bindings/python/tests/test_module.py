"""Module, wat2wasm and wasm2wat."""

import pathlib

import pytest

EMPTY = b"\0asm\x01\0\0\0"


def test_text_becomes_bytes(wt):
    assert wt.wat2wasm("(module)") == bytearray(EMPTY)
    assert isinstance(wt.wat2wasm("(module)"), bytearray)
    assert wt.wat2wasm(b"(module)") == EMPTY


@pytest.mark.parametrize("text", ["(module", "x", "(module (func (local.get 0) (nop)", "(module \0)"])
def test_text_with_a_mistake_is_an_error(wt, text):
    with pytest.raises(wt.WasmtimeError):
        wt.wat2wasm(text)


def test_an_error_of_text_names_the_place(wt):
    with pytest.raises(wt.WasmtimeError) as caught:
        wt.wat2wasm("(module\n  (func i32.bogus))")
    assert "i32.bogus" in str(caught.value)
    assert "2:" in str(caught.value)


@pytest.mark.parametrize("wasm", [EMPTY, bytearray(EMPTY), "(module)", b"(module)", "\n(module)"])
def test_a_module_is_made_of_bytes_or_text(wt, wasm):
    module = wt.Module(wt.Engine(), wasm)
    assert module.imports == []
    assert module.exports == []


@pytest.mark.parametrize("wasm", [3, None, [0], object()])
def test_a_module_is_made_of_nothing_else(wt, wasm):
    with pytest.raises(TypeError):
        wt.Module(wt.Engine(), wasm)


@pytest.mark.parametrize("wasm", [b"", b"\0", b"\0asm", EMPTY[:-1], EMPTY + b"\xff"])
def test_bytes_that_are_no_module_are_an_error(wt, wasm):
    with pytest.raises(wt.WasmtimeError):
        wt.Module(wt.Engine(), wasm)


def test_an_invalid_module_is_an_error(wt):
    with pytest.raises(wt.WasmtimeError):
        wt.Module(wt.Engine(), "(module (func (result i32)))")


def test_an_empty_string_is_no_module(wt):
    with pytest.raises(TypeError):
        wt.Module(wt.Engine(), "")
    with pytest.raises(TypeError):
        wt.Module(wt.Engine(), "\0asm")


def test_a_module_needs_an_engine(wt):
    for other in (3, None, wt.Store()):
        with pytest.raises(TypeError):
            wt.Module(other, "(module)")


@pytest.mark.parametrize("as_path", [str, lambda path: str(path).encode(), pathlib.Path])
@pytest.mark.parametrize("name, contents", [("a.wasm", EMPTY), ("a.wat", b"(module)"), ("odd", b"(module)")])
def test_a_module_is_read_from_a_file(wt, tmp_path, as_path, name, contents):
    path = tmp_path / name
    path.write_bytes(contents)
    assert wt.Module.from_file(wt.Engine(), as_path(path)).exports == []


def test_a_file_that_is_missing_is_the_error_of_open(wt, tmp_path):
    with pytest.raises(FileNotFoundError):
        wt.Module.from_file(wt.Engine(), tmp_path / "missing.wasm")
    with pytest.raises(IsADirectoryError):
        wt.Module.from_file(wt.Engine(), tmp_path)


def test_validation_gives_none_or_an_error(wt):
    engine = wt.Engine()
    assert wt.Module.validate(engine, EMPTY) is None
    assert wt.Module.validate(engine, bytearray(EMPTY)) is None
    with pytest.raises(wt.WasmtimeError):
        wt.Module.validate(engine, b"")
    with pytest.raises(wt.WasmtimeError):
        wt.Module.validate(engine, bytes(wt.wat2wasm("(module (func (result i32)))")))
    for other in ("(module)", 3, None):
        with pytest.raises(TypeError):
            wt.Module.validate(engine, other)


DESCRIBED = """(module
  (import "a" "f" (func (param i32 i64) (result f32 f64)))
  (import "a" "m" (memory 1 2))
  (import "b" "t" (table 3 4 externref))
  (import "" "" (global (mut i64)))
  (func (export "f") (param externref) (result funcref) unreachable)
  (memory (export "m") 5)
  (table (export "t") 6 funcref)
  (global (export "g") f64 (f64.const 1))
  (export "again" (func 0)))"""


def test_imports_are_described_in_order(wt):
    imports = wt.Module(wt.Engine(), DESCRIBED).imports
    assert isinstance(imports, list)
    assert [type(i) for i in imports] == [wt.ImportType] * 4
    assert [(i.module, i.name) for i in imports] == [("a", "f"), ("a", "m"), ("b", "t"), ("", "")]
    func, memory, table, cell = (i.type for i in imports)
    assert isinstance(func, wt.FuncType)
    assert func.params == [wt.ValType.i32(), wt.ValType.i64()]
    assert func.results == [wt.ValType.f32(), wt.ValType.f64()]
    assert isinstance(memory, wt.MemoryType)
    assert memory.limits == wt.Limits(1, 2)
    assert isinstance(table, wt.TableType)
    assert table.limits == wt.Limits(3, 4)
    assert table.element == wt.ValType.externref()
    assert isinstance(cell, wt.GlobalType)
    assert cell.mutable is True
    assert cell.content == wt.ValType.i64()


def test_exports_are_described_in_order(wt):
    exports = wt.Module(wt.Engine(), DESCRIBED).exports
    assert [type(e) for e in exports] == [wt.ExportType] * 5
    assert [e.name for e in exports] == ["f", "m", "t", "g", "again"]
    func, memory, table, cell, again = (e.type for e in exports)
    assert func.params == [wt.ValType.externref()]
    assert func.results == [wt.ValType.funcref()]
    assert memory.limits == wt.Limits(5, None)
    assert (memory.is_64, memory.is_shared, memory.page_size, memory.page_size_log2) == (False, False, 65536, 16)
    assert table.limits == wt.Limits(6, None)
    assert table.element == wt.ValType.funcref()
    assert (cell.mutable, cell.content) == (False, wt.ValType.f64())
    assert len(again.params) == 2


def test_types_outlive_their_module(wt, collect):
    module = wt.Module(wt.Engine(), DESCRIBED)
    types = [i.type for i in module.imports] + [e.type for e in module.exports]
    module.close()
    del module
    collect()
    assert types[0].params == [wt.ValType.i32(), wt.ValType.i64()]
    assert types[1].limits == wt.Limits(1, 2)


def test_a_module_is_serialized_and_read_again(wt, tmp_path):
    engine = wt.Engine()
    module = wt.Module(engine, '(module (func (export "seven") (result i32) i32.const 7))')
    encoded = module.serialize()
    assert isinstance(encoded, bytearray)
    file = tmp_path / "module.bin"
    file.write_bytes(encoded)
    for again in (
        wt.Module.deserialize(engine, encoded),
        wt.Module.deserialize(engine, bytes(encoded)),
        wt.Module.deserialize_file(engine, str(file)),
    ):
        store = wt.Store(engine)
        assert wt.Instance(store, again, []).exports(store)["seven"](store) == 7


def test_what_was_not_serialized_is_an_error(wt, tmp_path):
    engine = wt.Engine()
    for other in (b"", b"x", EMPTY, bytes(wt.Module(engine, "(module)").serialize())[:-3]):
        with pytest.raises(wt.WasmtimeError):
            wt.Module.deserialize(engine, other)
    with pytest.raises(TypeError):
        wt.Module.deserialize(engine, "text")
    with pytest.raises(wt.WasmtimeError):
        wt.Module.deserialize_file(engine, str(tmp_path / "missing"))


def test_a_closed_module_is_an_error(wt, store):
    with wt.Module(store.engine, "(module)") as module:
        instance = wt.Instance(store, module, [])
    module.close()
    for use in (
        lambda: module.imports,
        lambda: module.exports,
        lambda: module.serialize(),
        lambda: wt.Instance(store, module, []),
        lambda: wt.Linker(store.engine).instantiate(store, module),
    ):
        with pytest.raises(ValueError):
            use()
    assert len(instance.exports(store)) == 0


def test_names_are_unicode(wt, guest):
    one = guest('(module (func (export "\\u{1f600} é\\00") (result i32) i32.const 1))')
    assert one.call("\U0001f600 é\0") == 1


def test_bytes_become_text(weft):
    text = weft.wasm2wat(weft.wat2wasm('(module (func $f (export "f") (result i32) i32.const 42))'))
    assert isinstance(text, str)
    assert "i32.const 42" in text
    assert weft.wat2wasm(text) == weft.wat2wasm('(module (func $f (export "f") (result i32) i32.const 42))')
    with pytest.raises(weft.WasmtimeError):
        weft.wasm2wat(b"\0asm")


def test_text_may_be_a_bytearray(weft):
    assert weft.Module(weft.Engine(), bytearray(b"(module)")).exports == []
