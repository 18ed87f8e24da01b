"""Memory and SharedMemory."""

import ctypes
import gc
import threading

import numpy
import pytest

PAGE = 65536
ONE = '(module (memory (export "m") 1 4) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))'


@pytest.fixture
def memory(wt, store):
    return wt.Memory(store, wt.MemoryType(wt.Limits(1, 4)))


def test_a_memory_has_a_type_and_sizes(wt, store, memory):
    assert memory.type(store).limits == wt.Limits(1, 4)
    assert memory.size(store) == 1
    assert memory.data_len(store) == PAGE
    assert memory.page_size(store) == PAGE
    assert memory.page_size_log2(store) == 16


def test_a_memory_takes_a_type(wt, store):
    for other in (1, None, wt.Limits(1, None)):
        with pytest.raises((TypeError, AttributeError)):
            wt.Memory(store, other)


def test_a_memory_grows(wt, store, memory):
    assert memory.grow(store, 2) == 1
    assert memory.size(store) == 3
    assert memory.data_len(store) == 3 * PAGE
    assert memory.grow(store, 0) == 3
    with pytest.raises(wt.WasmtimeError):
        memory.grow(store, 2)
    with pytest.raises(wt.WasmtimeError):
        memory.grow(store, -1)
    assert memory.size(store) == 3


def test_what_is_written_is_read(wt, store, memory):
    assert memory.write(store, b"hello", 100) == 5
    got = memory.read(store, 100, 105)
    assert got == b"hello"
    assert isinstance(got, bytearray)
    assert memory.write(store, bytearray(b"first")) == 5
    assert memory.read(store, stop=5) == b"first"
    assert memory.read(store, start=None, stop=5) == b"first"
    assert len(memory.read(store)) == PAGE
    assert memory.write(store, [1, 2, 255], 0) == 3
    assert memory.read(store, 0, 3) == b"\x01\x02\xff"


# The same rules as for list[start:stop].
@pytest.mark.parametrize(
    "start, stop",
    [
        (0, 0),
        (5, 3),
        (0, PAGE + 10),
        (PAGE - 2, PAGE + 10),
        (PAGE, PAGE + 1),
        (PAGE + 1, PAGE + 2),
        (-3, None),
        (-3, -1),
        (-1, -3),
        (None, -PAGE + 4),
        (-PAGE - 5, 3),
        (2**40, 2**41),
        (2**70, None),
        (-(2**70), 2),
        (0, 2**70),
        (None, None),
    ],
)
def test_reads_are_slices(wt, store, memory, start, stop):
    memory.write(store, b"abcdef", 0)
    memory.write(store, b"uvwxyz", -6)
    contents = bytes(memory.read(store))
    assert memory.read(store, start, stop) == contents[start:stop]


@pytest.mark.parametrize("start", [1.0, "0", b"0"])
def test_a_start_that_is_no_integer_is_an_error(wt, store, memory, start):
    with pytest.raises(TypeError):
        memory.read(store, start, 10)
    with pytest.raises(TypeError):
        memory.write(store, b"a", start)


def test_an_index_is_what_has_the_method(wt, store, memory):
    class Index:
        def __index__(self):
            return 7

    memory.write(store, b"seven", Index())
    assert memory.read(store, Index(), 12) == b"seven"


def test_writes_from_the_end(wt, store, memory):
    assert memory.write(store, b"ab", -2) == 2
    assert memory.read(store, -2) == b"ab"
    assert memory.write(store, b"xy", -PAGE - 100) == 2
    assert memory.read(store, 0, 2) == b"xy"


@pytest.mark.parametrize(
    "value, start",
    [(b"a", PAGE), (b"ab", PAGE - 1), (b"ab", -1), (b"", PAGE), (b"a", 2**40), (b"a", 2**70), (b"x" * (PAGE + 1), 0)],
)
def test_writes_outside_are_an_index_error(wt, store, memory, value, start):
    before = bytes(memory.read(store))
    with pytest.raises(IndexError):
        memory.write(store, value, start)
    assert memory.read(store) == before


def test_writes_of_nothing(wt, store, memory):
    assert memory.write(store, b"", 3) == 0
    assert memory.write(store, b"", PAGE - 1) == 0


@pytest.mark.parametrize("value", ["text", 1.5, None, ["a"]])
def test_writes_of_other_things_are_a_type_error(wt, store, memory, value):
    with pytest.raises(TypeError):
        memory.write(store, value, 0)


def test_bytes_beyond_255_are_a_value_error(wt, store, memory):
    with pytest.raises(ValueError):
        memory.write(store, [256], 0)


def test_a_memory_has_a_pointer(wt, store, memory):
    memory.write(store, b"pointer", 10)
    pointer = memory.data_ptr(store)
    assert bytes(pointer[10:17]) == b"pointer"
    pointer[10] = ord("P")
    assert memory.read(store, 10, 17) == b"Pointer"
    assert ctypes.addressof(pointer.contents) != 0


def test_a_buffer_is_the_memory_itself(wt, store, memory):
    memory.write(store, b"buffer", 20)
    buffer = memory.get_buffer_ptr(store)
    assert len(buffer) == PAGE
    assert bytes(buffer[20:26]) == b"buffer"
    buffer[20] = ord("B")
    assert memory.read(store, 20, 26) == b"Buffer"
    assert bytes(memory.get_buffer_ptr(store, 6, 20)) == b"Buffer"
    assert bytes(memory.get_buffer_ptr(store, size=3, offset=23)) == b"fer"


def test_numpy_shares_the_memory(wt, store, memory):
    array = numpy.frombuffer(memory.get_buffer_ptr(store), dtype=numpy.uint32)
    assert array.shape == (PAGE // 4,)
    array[1] = 0x04030201
    assert memory.read(store, 4, 8) == b"\x01\x02\x03\x04"
    memory.write(store, b"\xff\xff\xff\xff", 8)
    assert array[2] == 0xFFFFFFFF


def test_an_empty_memory(wt, store):
    memory = wt.Memory(store, wt.MemoryType(wt.Limits(0, None)))
    assert memory.data_len(store) == 0
    assert memory.read(store) == b""
    with pytest.raises(IndexError):
        memory.write(store, b"", 0)
    assert memory.grow(store, 1) == 0
    assert memory.read(store, 0, 1) == b"\0"


def test_the_guest_sees_writes_and_the_host_growth(wt, guest):
    one = guest('(module (memory (export "m") 1) (func (export "load") (param i32) (result i32)'
                ' (i32.load8_u (local.get 0))) (func (export "grow") (param i32) (result i32)'
                " (memory.grow (local.get 0))))")
    memory = one.exports["m"]
    memory.write(one.store, b"\x2a", 77)
    assert one.call("load", 77) == 42
    assert one.call("grow", 3) == 1
    assert memory.size(one.store) == 4
    memory.write(one.store, b"\x2b", 4 * PAGE - 1)
    assert one.call("load", 4 * PAGE - 1) == 43


def test_a_memory_of_64_bits(wt, store):
    memory = wt.Memory(store, wt.MemoryType(wt.Limits(1, None), is_64=True))
    assert memory.type(store).is_64 is True
    assert memory.grow(store, 1) == 1
    assert memory.data_len(store) == 2 * PAGE


def test_a_memory_of_small_pages(wt):
    config = wt.Config()
    config.wasm_custom_page_sizes = True
    store = wt.Store(wt.Engine(config))
    memory = wt.Memory(store, wt.MemoryType(wt.Limits(10, 100), page_size_log2=0))
    assert (memory.page_size(store), memory.page_size_log2(store)) == (1, 0)
    assert (memory.size(store), memory.data_len(store)) == (10, 10)
    assert memory.grow(store, 5) == 10
    assert memory.data_len(store) == 15


def test_a_memory_that_cannot_be_had_is_an_error(wt, store):
    store.set_limits(memory_size=PAGE)
    with pytest.raises(wt.WasmtimeError):
        wt.Memory(store, wt.MemoryType(wt.Limits(2, None)))


# What Weft has beyond that: the buffer protocol.


def view_of(weft):
    store = weft.Store()
    memory = weft.Memory(store, weft.MemoryType(weft.Limits(1, 4)))
    return store, memory


def test_a_view_is_the_memory_itself(weft):
    store, memory = view_of(weft)
    with memoryview(memory) as view:
        assert (view.nbytes, view.itemsize, view.ndim, view.readonly) == (PAGE, 1, 1, False)
        assert view.format in ("B", None)
        view[3:7] = b"view"
        assert memory.read(store, 3, 7) == b"view"
        memory.write(store, b"V", 3)
        assert view[3] == ord("V")
        assert view.contiguous


def test_numpy_views_without_copies(weft):
    store, memory = view_of(weft)
    array = numpy.frombuffer(memory, dtype=numpy.float64)
    array[0] = 1.0
    assert memory.read(store, 0, 8) == b"\0\0\0\0\0\0\xf0\x3f"


def test_a_view_survives_growth_or_forbids_it(weft):
    """Never a dangling access: growth with a live view is BufferError, or the view stays valid."""
    store, memory = view_of(weft)
    view = memoryview(memory)
    view[0] = 7
    try:
        memory.grow(store, 2)
    except BufferError:
        assert memory.size(store) == 1
        view.release()
        memory.grow(store, 2)
    else:
        view[PAGE - 1] = 8
        assert memory.read(store, PAGE - 1, PAGE) == b"\x08"
    assert memory.read(store, 0, 1) == b"\x07"
    assert memory.size(store) == 3
    assert memoryview(memory).nbytes == 3 * PAGE


def test_a_view_survives_growth_by_the_guest(weft, guest):
    one = guest(ONE)
    memory = one.exports["m"]
    view = memoryview(memory)
    view[0] = 7
    grown = one.call("grow", 2)
    assert grown in (1, -1)
    view[1] = 8
    assert view[0] == 7
    assert view.nbytes == PAGE
    assert memory.read(one.store, 0, 2) == b"\x07\x08"


def test_a_view_survives_its_store(weft):
    store, memory = view_of(weft)
    memory.write(store, b"kept", 0)
    view = memoryview(memory)
    try:
        store.close()
    except BufferError:
        assert memory.read(store, 0, 4) == b"kept"
        view.release()
        store.close()
        return
    assert bytes(view[0:4]) == b"kept"
    view[0] = 1
    view.release()
    with pytest.raises(ValueError):
        memory.size(store)
    with pytest.raises((ValueError, BufferError)):
        memoryview(memory)


def test_a_view_keeps_the_store_alive(weft):
    store, memory = view_of(weft)
    memory.write(store, b"kept", 0)
    view = memoryview(memory)
    del store, memory
    gc.collect()
    assert bytes(view[0:4]) == b"kept"
    view[PAGE - 1] = 1


def test_a_ctypes_buffer_keeps_the_store_alive(weft):
    store, memory = view_of(weft)
    memory.write(store, b"kept", 0)
    buffer = memory.get_buffer_ptr(store)
    del store, memory
    gc.collect()
    assert bytes(buffer[0:4]) == b"kept"


def test_a_ctypes_buffer_is_inside(weft):
    store, memory = view_of(weft)
    for size, offset in ((PAGE + 1, 0), (1, PAGE), (-1, 0), (1, -1), (2**62, 0), (1, 2**62), (2**70, 0)):
        with pytest.raises((IndexError, ValueError, OverflowError)):
            memory.get_buffer_ptr(store, size, offset)


# Shared memories. Wasmtime's package has no size of theirs, and can't import them.


@pytest.fixture
def threads_engine(weft):
    config = weft.Config()
    config.wasm_threads = True
    config.shared_memory = True
    return weft.Engine(config)


def test_a_shared_memory(weft, threads_engine):
    memory = weft.SharedMemory(threads_engine, weft.MemoryType(weft.Limits(1, 4), shared=True))
    assert memory.type().is_shared is True
    assert memory.type().limits == weft.Limits(1, 4)
    assert memory.size() == 1
    assert memory.data_len() == PAGE
    assert memory.grow(2) == 1
    assert memory.size() == 3
    with pytest.raises(weft.WasmtimeError):
        memory.grow(5)
    with pytest.raises(weft.WasmtimeError):
        memory.grow(-1)
    pointer = memory.data_ptr()
    pointer[5] = 9
    assert pointer[5] == 9


def test_a_shared_memory_is_shared(weft, threads_engine):
    memory = weft.SharedMemory(threads_engine, weft.MemoryType(weft.Limits(1, 4), shared=True))
    module = weft.Module(threads_engine, """(module (import "" "m" (memory 1 4 shared))
      (func (export "store") (param i32) (i32.store (i32.const 8) (local.get 0)))
      (func (export "load") (result i32) (i32.load (i32.const 8))))""")
    stores = [weft.Store(threads_engine) for _ in range(2)]
    one, two = (weft.Instance(s, module, [memory]).exports(s) for s in stores)
    one["store"](stores[0], 1234)
    assert two["load"](stores[1]) == 1234


def test_a_shared_memory_takes_a_shared_type(weft, threads_engine):
    with pytest.raises(weft.WasmtimeError):
        weft.SharedMemory(threads_engine, weft.MemoryType(weft.Limits(1, 4)))
    for other in (1, None):
        with pytest.raises(TypeError):
            weft.SharedMemory(threads_engine, other)


def test_threads_meet_in_a_shared_memory(weft, threads_engine):
    engine = threads_engine
    memory = weft.SharedMemory(engine, weft.MemoryType(weft.Limits(1, 1), shared=True))
    module = weft.Module(engine, """(module (import "" "m" (memory 1 1 shared))
      (func (export "add") (param i32)
        (loop (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))""")

    def work():
        store = weft.Store(engine)
        weft.Instance(store, module, [memory]).exports(store)["add"](store, 10_000)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert int.from_bytes(bytes(memory.data_ptr()[0:4]), "little") == 40_000
