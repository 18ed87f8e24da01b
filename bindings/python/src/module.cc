#include "bindings/python/src/module.h"

#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/python/src/errors.h"
#include "bindings/python/src/threads.h"

namespace weft::python {

namespace {

// What serialized modules begin with. The engine has no form of its own that would load faster than
// the module does, so the module follows as it is.
constexpr std::string_view kMagic{"\0weft module 1\n", 15};

Bytes view(const nb::bytes& bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

nb::bytes to_bytes(const std::vector<std::uint8_t>& bytes) {
  return nb::bytes(bytes.data(), bytes.size());
}

bool is_bytes(nb::handle object) {
  return PyBytes_Check(object.ptr()) || PyByteArray_Check(object.ptr());
}

// Bytes and bytearrays as bytes, str in UTF-8.
nb::bytes content(nb::handle source) {
  if (PyUnicode_Check(source.ptr())) {
    nb::object encoded = nb::steal(PyUnicode_AsUTF8String(source.ptr()));
    if (!encoded) nb::raise_python_error();
    return nb::borrow<nb::bytes>(encoded);
  }
  if (!is_bytes(source)) throw nb::type_error("expected wasm bytes");
  nb::object bytes = nb::steal(PyBytes_FromObject(source.ptr()));
  if (!bytes) nb::raise_python_error();
  return nb::borrow<nb::bytes>(bytes);
}

nb::bytes assemble(const nb::bytes& text) {
  auto wasm = [&] {
    const GilReleased released;
    return wat2wasm(view(text).text(), {.names = true});
  }();
  return to_bytes(take(std::move(wasm)));
}

nb::bytes to_wasm(nb::handle source) {
  nb::bytes bytes = content(source);
  if (is_text(view(bytes))) return assemble(bytes);
  if (PyUnicode_Check(source.ptr())) throw nb::type_error("expected wasm bytes");
  return bytes;
}

nb::object as_bytearray(const nb::bytes& bytes) {
  return nb::steal(PyByteArray_FromObject(bytes.ptr()));
}

// Keeps bytes of Python's for the engine, which may drop them on any thread.
std::shared_ptr<const void> keeper(const nb::bytes& bytes) {
  return {bytes.inc_ref().ptr(), [](PyObject* object) {
            const GilHeld gil;
            Py_DECREF(object);
          }};
}

weft::Module compile(const weft::Engine& engine, const nb::bytes& wasm) {
  auto module = [&, kept = keeper(wasm)] {
    const GilReleased released;
    return weft::Module::from_borrowed(engine, view(wasm), kept);
  }();
  return take(std::move(module));
}

nb::bytes read_file(nb::handle path) {
  const nb::object file = nb::module_::import_("io").attr("open")(path, "rb");
  nb::object bytes = file.attr("read")();
  file.attr("close")();
  return nb::borrow<nb::bytes>(bytes);
}

Module* deserialize(Engine& engine, nb::handle encoded) {
  if (!is_bytes(encoded)) throw nb::type_error("expected bytes");
  const nb::bytes bytes = content(encoded);
  const std::string_view text = view(bytes).text();
  if (!text.starts_with(kMagic)) raise_error("not a module serialized by this version of Weft");
  return new Module(engine, nb::bytes(text.data() + kMagic.size(), text.size() - kMagic.size()));
}

}  // namespace

Module::Module(Engine& engine, nb::bytes wasm)
    : Owner(compile(engine.get(), wasm)), wasm_(std::move(wasm)) {}

void bind_module(nb::module_& module) {
  module.def(
      "wat2wasm", [](nb::handle wat) { return as_bytearray(assemble(content(wat))); }, "wat"_a,
      nb::sig("def wat2wasm(wat: str | bytes | bytearray) -> bytearray"),
      "Assembles a module in the text format, given as str or as bytes in UTF-8. WasmtimeError "
      "says "
      "where the text\nis wrong.");
  module.def(
      "wasm2wat",
      [](nb::handle wasm) {
        const nb::bytes bytes = content(wasm);
        auto text = [&] {
          const GilReleased released;
          return wasm2wat(view(bytes));
        }();
        return take(std::move(text));
      },
      "wasm"_a, nb::sig("def wasm2wat(wasm: bytes | bytearray) -> str"),
      "A binary module as text that wat2wasm assembles to the same bytes.");

  bind_class<Module, Managed>(module, "Module",
                              "A validated module. Any number of threads may use it, and any "
                              "number of stores of its engine.")
      .def(
          "__init__",
          [](Module* self, Engine& engine, nb::handle wasm) {
            new (self) Module(engine, to_wasm(wasm));
          },
          "engine"_a, "wasm"_a,
          nb::sig("def __init__(self, engine: Engine, wasm: str | bytes | bytearray) -> None"),
          "Makes a module of its bytes, or of the text format, as str or bytes. WasmtimeError says "
          "what is wrong and\nwhere.")
      .def_static(
          "from_file",
          [](Engine& engine, nb::handle path) {
            return new Module(engine, to_wasm(read_file(path)));
          },
          nb::rv_policy::take_ownership, "engine"_a, "path"_a,
          nb::sig("def from_file(engine: Engine, path: str | bytes | os.PathLike) -> Module"),
          "Makes a module of a file, in the binary or the text format.")
      .def_static(
          "validate",
          [](Engine& engine, nb::handle wasm) {
            if (!is_bytes(wasm)) throw nb::type_error("expected wasm bytes");
            const nb::bytes bytes = content(wasm);
            const weft::Engine& in = engine.get();
            auto valid = [&] {
              const GilReleased released;
              return weft::Module::validate(in, view(bytes));
            }();
            take(std::move(valid));
          },
          "engine"_a, "wasm"_a,
          nb::sig("def validate(engine: Engine, wasm: bytes | bytearray) -> None"),
          "Raises WasmtimeError unless the bytes are a valid module.")
      .def(
          "serialize",
          [](Module& self) {
            (void)self.get();
            std::string bytes(kMagic);
            bytes += view(self.wasm()).text();
            return as_bytearray(nb::bytes(bytes.data(), bytes.size()));
          },
          nb::sig("def serialize(self) -> bytearray"),
          "The module for deserialize, which validates it again: nothing is saved by that, as "
          "validation is fast and\nthere is nothing to compile.")
      .def_static("deserialize", &deserialize, nb::rv_policy::take_ownership, "engine"_a,
                  "encoded"_a,
                  nb::sig("def deserialize(engine: Engine, encoded: bytes | bytearray) -> Module"),
                  "Makes a module of what serialize gave.")
      .def_static(
          "deserialize_file",
          [](Engine& engine, nb::handle path) {
            nb::object bytes;
            try {
              bytes = read_file(path);
            } catch (const nb::python_error& error) {
              if (!error.matches(PyExc_OSError)) throw;
              raise_error(nb::str(error.value()).c_str());
            }
            return deserialize(engine, bytes);
          },
          nb::rv_policy::take_ownership, "engine"_a, "path"_a,
          nb::sig(
              "def deserialize_file(engine: Engine, path: str | bytes | os.PathLike) -> Module"),
          "As deserialize, from a file.")
      .def_prop_ro(
          "imports",
          [](Module& self) {
            const auto imports = self.get().imports();
            return std::vector<ImportType>(imports.begin(), imports.end());
          },
          "The types of what the module imports, in its order.")
      .def_prop_ro(
          "exports",
          [](Module& self) {
            const auto exports = self.get().exports();
            return std::vector<ExportType>(exports.begin(), exports.end());
          },
          "The types of what the module exports, in its order.");
}

}  // namespace weft::python
