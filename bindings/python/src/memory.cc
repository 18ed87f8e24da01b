#include "bindings/python/src/memory.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "bindings/python/src/engine.h"
#include "bindings/python/src/values.h"

namespace weft::python {

namespace {

// The place that an index of a slice means: negative ones count from the end, and all lie within.
std::size_t slice_index(nb::handle index, std::size_t size, std::size_t if_none) {
  if (index.is_none()) return if_none;
  // Clips what is too large for it, as slices do.
  Py_ssize_t at = PyNumber_AsSsize_t(index.ptr(), nullptr);
  if (at == -1 && PyErr_Occurred() != nullptr) nb::raise_python_error();
  const auto length = static_cast<Py_ssize_t>(size);
  if (at < 0) at += length;
  return static_cast<std::size_t>(std::clamp<Py_ssize_t>(at, 0, length));
}

nb::object read_memory(const Memory& self, Storelike store, nb::handle start, nb::handle stop) {
  const std::span<std::uint8_t> bytes = self.span(store);
  const std::size_t from = slice_index(start, bytes.size(), 0);
  const std::size_t to = slice_index(stop, bytes.size(), bytes.size());
  const std::size_t count = to > from ? to - from : 0;
  // Reading an index may have run something: the size is looked at again.
  const std::span<std::uint8_t> now = self.span(store);
  return nb::steal(PyByteArray_FromStringAndSize(reinterpret_cast<const char*>(now.data() + from),
                                                 static_cast<Py_ssize_t>(count)));
}

// Bytes of whatever has a buffer, while this lives.
class BufferView {
 public:
  explicit BufferView(nb::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) nb::raise_python_error();
  }
  ~BufferView() { PyBuffer_Release(&view_); }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;
  [[nodiscard]] const void* data() const { return view_.buf; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(view_.len); }

 private:
  Py_buffer view_{};
};

std::size_t write_memory(const Memory& self, Storelike store, nb::handle value, nb::handle start) {
  nb::object owned = nb::borrow(value);
  if (PyObject_CheckBuffer(value.ptr()) == 0) {
    owned = nb::steal(PyByteArray_FromObject(value.ptr()));
    if (!owned) nb::raise_python_error();
  }
  const BufferView from(owned);
  const std::size_t at = slice_index(start, self.span(store).size(), 0);
  const std::span<std::uint8_t> bytes = self.span(store);
  if (at >= bytes.size() || from.size() > bytes.size() - at) {
    throw nb::index_error("index out of range");
  }
  // It may be a view of the same memory.
  std::memmove(bytes.data() + at, from.data(), from.size());
  return from.size();
}

// A ctypes array of bytes in place, which keeps a view of its memory.
nb::object buffer_array(nb::handle memory, const nb::object& size, Py_ssize_t offset) {
  const nb::object type = nb::module_::import_("ctypes").attr("c_ubyte") * size;
  return type.attr("from_buffer")(memory, offset);
}

nb::object buffer_pointer(const nb::object& array) {
  const nb::module_ ctypes = nb::module_::import_("ctypes");
  return ctypes.attr("cast")(array, ctypes.attr("POINTER")(ctypes.attr("c_ubyte")));
}

int not_ready() {
  PyErr_SetString(PyExc_BufferError, "the memory has not been made");
  return -1;
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  if (!nb::inst_ready(self)) return not_ready();
  try {
    nb::inst_ptr<Memory>(self)->get_buffer(self, *view, flags);
    return 0;
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_BufferError, error.what());
  }
  return -1;
}

void release_buffer(PyObject* self, Py_buffer* /*view*/) {
  nb::inst_ptr<Memory>(self)->release_buffer();
}

PyType_Slot memory_slots[] = {kGcSlots<Memory>[0],
                              kGcSlots<Memory>[1],
                              {Py_bf_getbuffer, reinterpret_cast<void*>(&get_buffer)},
                              {Py_bf_releasebuffer, reinterpret_cast<void*>(&release_buffer)},
                              {0, nullptr}};

int get_shared_buffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  if (!nb::inst_ready(self)) return not_ready();
  try {
    const std::span<std::uint8_t> bytes = nb::inst_ptr<SharedMemory>(self)->span();
    return PyBuffer_FillInfo(view, self, bytes.data(), static_cast<Py_ssize_t>(bytes.size()), 0,
                             flags);
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_BufferError, error.what());
  }
  return -1;
}

PyType_Slot shared_memory_slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(&get_shared_buffer)},
                                     {0, nullptr}};

constexpr const char* kNegativeGrowth = "cannot grow by negative amount";

}  // namespace

Memory::Memory(Storelike store, const MemoryType& type)
    : Memory(*store, take(weft::Memory::create(store.open(), type))) {}

void Memory::get_buffer(nb::handle self, Py_buffer& view, int flags) {
  nb::object store = store_();
  if (store.is_none()) throw nb::buffer_error("the memory's store is gone");
  auto& in = nb::cast<Store&>(store);
  const std::span<std::uint8_t> bytes = take(handle_.span(in.open()));
  if (PyBuffer_FillInfo(&view, self.ptr(), bytes.data(), static_cast<Py_ssize_t>(bytes.size()), 0,
                        flags) != 0) {
    nb::raise_python_error();
  }
  pinned_ = take(handle_.is_pinned(in.open()));
  in.add_view(pinned_);
  ++views_;
  viewed_ = std::move(store);
}

void Memory::release_buffer() {
  nb::cast<Store&>(viewed_).remove_view(pinned_);
  if (--views_ == 0) viewed_.reset();
}

weft::Memory SharedMemory::in_own_store() {
  if (!store_) store_.emplace(take(weft::Store::make(engine_)));
  return take(handle_.in(*store_));
}

nb::object wrap_memory(Store& store, const weft::Memory& memory) {
  const StoreRef in = store.open();
  if (!take(memory.type(in)).shared) return nb::cast(Memory(store, memory));
  return nb::cast(SharedMemory(take(in.engine()), take(weft::SharedMemory::of(in, memory))));
}

void bind_memory(nb::module_& module) {
  bind_collected_class<Memory>(
      module, "Memory",
      "A linear memory of a store. `memoryview(memory)`, and what else takes a buffer, such as "
      "numpy.frombuffer,\nsees its bytes in place, as many as there are at that time. Such a view "
      "keeps the store.",
      memory_slots)
      .def(nb::init<Storelike, const MemoryType&>(), "store"_a, "ty"_a, "Makes a memory of zeros.")
      .def(
          "type",
          [](const Memory& self, Storelike store) {
            return take(self.handle().type(store.open()));
          },
          "store"_a, "The type of the memory.")
      .def(
          "grow",
          [](const Memory& self, Storelike store, nb::handle delta) {
            const std::uint64_t pages = to_count(delta, kNegativeGrowth);
            if (store->is_held()) {
              throw nb::buffer_error("a view of a memory that would move keeps it from growing");
            }
            return take(self.handle().grow(store.open(), pages));
          },
          "store"_a, "delta"_a,
          "Adds pages of zeros; gives the size before, in pages. WasmtimeError if it can't grow.")
      .def(
          "size",
          [](const Memory& self, Storelike store) {
            return take(self.handle().size(store.open()));
          },
          "store"_a, "The size in pages.")
      .def(
          "data_len", [](const Memory& self, Storelike store) { return self.span(store).size(); },
          "store"_a, "The size in bytes.")
      .def(
          "data_ptr",
          [](nb::handle self, Storelike store) {
            const std::size_t size = nb::cast<Memory&>(self).span(store).size();
            return buffer_pointer(buffer_array(self, nb::int_(size), 0));
          },
          "store"_a, nb::sig("def data_ptr(self, store: Store | StoreContext) -> typing.Any"),
          "A ctypes pointer to the first byte, which is a view. Nothing checks accesses by it: see "
          "data_len.")
      .def(
          "get_buffer_ptr",
          [](nb::handle self, Storelike store, nb::handle size, Py_ssize_t offset) {
            const std::size_t all = nb::cast<Memory&>(self).span(store).size();
            return buffer_array(self, size.is_none() ? nb::int_(all) : nb::borrow(size), offset);
          },
          "store"_a, "size"_a = nb::none(), "offset"_a = 0,
          nb::sig("def get_buffer_ptr(self, store: Store | StoreContext, size: int | None = None, "
                  "offset: int = 0) -> typing.Any"),
          "A ctypes array of `size` bytes (None: as many as there are) from `offset` on, in place. "
          "It "
          "is a view.\nValueError if it isn't within the memory.")
      .def("read", &read_memory, "store"_a, "start"_a.none() = 0, "stop"_a = nb::none(),
           nb::sig("def read(self, store: Store | StoreContext, start: int | None = 0, stop: int | "
                   "None = None) -> bytearray"),
           "Copies the bytes from `start` up to `stop`, which mean what they mean in a slice.")
      .def("write", &write_memory, "store"_a, "value"_a, "start"_a = nb::none(),
           nb::sig("def write(self, store: Store | StoreContext, value: object, start: int | None "
                   "= None) -> int"),
           "Copies bytes into the memory from `start` on, which counts from the end if it is "
           "negative. Gives how many.\nIndexError if they don't fit.")
      .def(
          "page_size",
          [](const Memory& self, Storelike store) {
            return take(self.handle().type(store.open())).page_size();
          },
          "store"_a, "The size of a page in bytes.")
      .def(
          "page_size_log2",
          [](const Memory& self, Storelike store) {
            return take(self.handle().type(store.open())).page_size_log2;
          },
          "store"_a, "The binary logarithm of page_size.");

  bind_class<SharedMemory>(
      module, "SharedMemory",
      "A linear memory that the guests of several stores, each on its thread, use at once. It is a "
      "buffer, as Memory is.",
      shared_memory_slots)
      .def(
          "__init__",
          [](SharedMemory* self, Engine& engine, const MemoryType& type) {
            new (self)
                SharedMemory(engine.get(), take(weft::SharedMemory::create(engine.get(), type)));
          },
          "engine"_a, "ty"_a, "Makes a memory of zeros.")
      .def(
          "type", [](const SharedMemory& self) { return self.handle().type(); },
          "The type of the memory.")
      .def(
          "grow",
          [](SharedMemory& self, nb::handle delta) {
            return self.grow(to_count(delta, kNegativeGrowth));
          },
          "delta"_a,
          "Adds pages of zeros; gives the size before, in pages. WasmtimeError if it can't grow.")
      .def(
          "size",
          [](const SharedMemory& self) {
            return self.handle().byte_size() / self.handle().type().page_size();
          },
          "The size in pages.")
      .def(
          "data_ptr",
          [](nb::handle self) {
            const std::size_t size = nb::cast<SharedMemory&>(self).span().size();
            return buffer_pointer(buffer_array(self, nb::int_(size), 0));
          },
          nb::sig("def data_ptr(self) -> typing.Any"),
          "A ctypes pointer to the first byte. Nothing checks accesses by it: see data_len.")
      .def(
          "data_len", [](const SharedMemory& self) { return self.handle().byte_size(); },
          "The size in bytes.");
}

}  // namespace weft::python
