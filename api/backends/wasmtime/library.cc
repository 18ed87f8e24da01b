#include "api/backends/wasmtime/library.h"

#include <dlfcn.h>
#include <glob.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "weft/bytes.hpp"

namespace weft::backends {

namespace {

#ifdef __APPLE__
constexpr std::string_view kSystemName = "libwasmtime.dylib";
#else
constexpr std::string_view kSystemName = "libwasmtime.so";
#endif

// Symbols of its own first: it has functions that the program may have too (wasm.h's), and tables
// of addresses that name some of them by accident.
#if defined(RTLD_DEEPBIND)
constexpr int kOpenFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#else
constexpr int kOpenFlags = RTLD_NOW | RTLD_LOCAL;
#endif

template <class T>
std::optional<T> read(std::span<const char> bytes, std::uint64_t offset) {
  T value;
  if (offset > bytes.size() || bytes.size() - offset < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// A compiled module is an ELF file of 64 bits, whose section .wasmtime.engine begins with a format
// number, a length and the major version's digits.
unsigned version_in(std::span<const char> compiled) {
  constexpr std::uint64_t kSectionsAt = 40;
  constexpr std::uint64_t kSectionBytes = 64;
  constexpr std::uint64_t kContentsAt = 24;
  const std::optional<std::uint64_t> sections = read<std::uint64_t>(compiled, kSectionsAt);
  const auto count = read<std::uint16_t>(compiled, 60);
  const auto names = read<std::uint16_t>(compiled, 62);
  if (!sections || !count || !names) return 0;
  const auto contents = [&](std::uint64_t section) {
    return read<std::uint64_t>(compiled, *sections + section * kSectionBytes + kContentsAt);
  };
  const auto texts = contents(*names);
  constexpr std::string_view kWanted = ".wasmtime.engine";
  for (std::uint64_t i = 0; texts && i < *count; ++i) {
    const auto name = read<std::uint32_t>(compiled, *sections + i * kSectionBytes);
    const auto begin = contents(i);
    if (!name || !begin || *texts + *name > compiled.size()) return 0;
    const std::string_view text(compiled.data() + *texts + *name, compiled.size() - *texts - *name);
    if (!text.starts_with(kWanted)) continue;
    const auto length = read<std::uint8_t>(compiled, *begin + 1);
    if (!length || *begin + 2 + *length > compiled.size()) return 0;
    const char* const digits = compiled.data() + *begin + 2;
    unsigned version = 0;
    std::from_chars(digits, digits + *length, version);
    return version;
  }
  return 0;
}

// The C API has no function that tells it.
unsigned version_of(const WasmtimeApi& api) {
  constexpr std::uint8_t kEmptyModule[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  c::Engine* const engine = api.wasm_engine_new();
  c::Module* module = nullptr;
  c::Vec<char> compiled;
  unsigned version = 0;
  if (c::Error* error =
          api.wasmtime_module_new(engine, kEmptyModule, sizeof kEmptyModule, &module)) {
    api.wasmtime_error_delete(error);
  } else if (c::Error* failed = api.wasmtime_module_serialize(module, &compiled)) {
    api.wasmtime_error_delete(failed);
  } else {
    version = version_in({compiled.data, compiled.size});
    api.wasm_byte_vec_delete(&compiled);
  }
  if (module != nullptr) api.wasmtime_module_delete(module);
  api.wasm_engine_delete(engine);
  return version;
}

std::string served() {
  return "versions " + std::to_string(kFirstWasmtime) + " to " + std::to_string(kLastWasmtime) +
         " are served";
}

Result<std::shared_ptr<const WasmtimeLibrary>> load(const std::string& path) {
  // Static: what it installs (signal handlers, threads) outlives every engine.
  void* const handle = ::dlopen(path.c_str(), kOpenFlags);
  if (handle == nullptr) return fail(Errc::not_found, ::dlerror());
  auto library = std::make_shared<WasmtimeLibrary>();
  library->path = path;
  std::string lacking;
  const auto find = [&](const char* name) {
    void* const symbol = ::dlsym(handle, name);
    if (symbol == nullptr) lacking.append(lacking.empty() ? "" : ", ").append(name);
    return symbol;
  };
#define WEFT_WASMTIME_FUNCTION(result, name, params) \
  library->api.name = reinterpret_cast<result(*) params>(find(#name));
#include "api/backends/wasmtime/functions.def"
#undef WEFT_WASMTIME_FUNCTION
  if (!lacking.empty()) {
    return fail(Errc::unsupported, path + " lacks " + lacking + "; " + served());
  }
  library->version = version_of(library->api);
  if (library->version < kFirstWasmtime || library->version > kLastWasmtime) {
    const std::string found = library->version == 0 ? "an unknown version"
                                                    : "version " + std::to_string(library->version);
    return fail(Errc::unsupported, path + " is " + found + " of Wasmtime; " + served());
  }
  return library;
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Those of Python's package `wasmtime`: in the active virtual environment, or among the user's own.
std::vector<std::string> of_python() {
  std::vector<std::string> files;
  const auto look = [&](std::string_view root, std::string_view folder) {
    if (root.empty()) return;
    std::string pattern(root);
    pattern.append(folder).append("/lib/python3*/site-packages/wasmtime/*/_libwasmtime.*");
    ::glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
      files.insert(files.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
  };
  look(variable("VIRTUAL_ENV"), "");
  look(variable("HOME"), "/.local");
  return files;
}

// The first that there is.
Result<std::shared_ptr<const WasmtimeLibrary>> find(const std::string& path) {
  if (!path.empty()) return load(path);
  if (const std::string_view file = variable("WEFT_WASMTIME_LIB"); !file.empty()) {
    Result<std::shared_ptr<const WasmtimeLibrary>> named = load(std::string(file));
    if (!named) named.error().add_context("WEFT_WASMTIME_LIB");
    return named;
  }
  Result<std::shared_ptr<const WasmtimeLibrary>> made = load(std::string(kSystemName));
  for (const std::string& file : of_python()) {
    if (made || !made.error().is(Errc::not_found)) break;
    Result<std::shared_ptr<const WasmtimeLibrary>> next = load(file);
    if (!next) next.error().add_context(made.error().message());
    made = std::move(next);
  }
  if (!made && made.error().is(Errc::not_found)) {
    made.error().add_context(
        "neither WEFT_WASMTIME_LIB nor the system's library path nor a Python package has it");
  }
  return made;
}

}  // namespace

Result<std::shared_ptr<const WasmtimeLibrary>> load_wasmtime(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const WasmtimeLibrary>> loaded;
  const std::lock_guard lock(mutex);
  std::shared_ptr<const WasmtimeLibrary>& known =
      loaded[path.empty() ? std::string(variable("WEFT_WASMTIME_LIB")) : path];
  if (known == nullptr) {
    Result<std::shared_ptr<const WasmtimeLibrary>> made = find(path);
    if (!made) {
      made.error().add_context("Wasmtime can't be loaded");
      return made;
    }
    known = std::move(*made);
  }
  return known;
}

}  // namespace weft::backends
