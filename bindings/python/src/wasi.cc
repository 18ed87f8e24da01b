#include "bindings/python/src/wasi.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "bindings/python/src/errors.h"
#include "bindings/python/src/threads.h"

namespace weft::python {

namespace {

enum class Permissions : std::uint8_t { READ_ONLY = 1, WRITE_ONLY = 2, READ_WRITE = 3 };

// The guest's read or write fails; by what is no Exception, such as SystemExit, it stops.
void report(nb::python_error& error, const Callback::Cell& cell) {
  if (error.matches(PyExc_Exception) || *cell == nullptr || (*cell)->store == nullptr) {
    error.discard_as_unraisable("a stream of a WasiConfig");
    return;
  }
  error.restore();
  (*cell)->store->stop();
}

wasi::WriteCallback write_to(Callback::Cell cell) {
  return [cell = std::move(cell)](std::span<const std::uint8_t> bytes) -> Result<std::size_t> {
    const GilHeld gil;
    try {
      const nb::object callable = Callback::callable(cell);
      const nb::bytes argument(bytes.data(), bytes.size());
      PyObject* arguments[] = {nullptr, argument.ptr()};
      const nb::object taken = call_python(callable, arguments, 1);
      return taken.is_none() ? bytes.size() : nb::cast<std::size_t>(taken);
    } catch (nb::python_error& error) {
      report(error, cell);
    } catch (const std::exception&) {
      // A number that isn't one.
    }
    return fail(Errc::io, "the stream's callback failed");
  };
}

wasi::ReadCallback read_from(Callback::Cell cell) {
  return [cell = std::move(cell)](std::span<std::uint8_t> room) -> Result<std::size_t> {
    const GilHeld gil;
    try {
      const nb::object callable = Callback::callable(cell);
      const nb::int_ argument(room.size());
      PyObject* arguments[] = {nullptr, argument.ptr()};
      const auto bytes = nb::cast<nb::bytes>(call_python(callable, arguments, 1));
      if (bytes.size() <= room.size()) {
        std::memcpy(room.data(), bytes.data(), bytes.size());
        return bytes.size();
      }
    } catch (nb::python_error& error) {
      report(error, cell);
    } catch (const std::exception&) {
      // No bytes.
    }
    return fail(Errc::io, "the stream's callback failed");
  };
}

void preopen(wasi::Config& config, const std::filesystem::path& path, const std::string& guest_path,
             nb::handle mutable_or_directories, nb::handle files) {
  wasi::Rights rights;
  if (nb::isinstance<Permissions>(mutable_or_directories)) {
    const auto directories = nb::cast<Permissions>(mutable_or_directories);
    const auto of_files = nb::cast<Permissions>(files);
    const auto has = [](Permissions given, Permissions wanted) {
      return (std::to_underlying(given) & std::to_underlying(wanted)) != 0;
    };
    rights = {.read = has(directories, Permissions::READ_ONLY),
              .write = has(of_files, Permissions::WRITE_ONLY),
              .modify = has(directories, Permissions::WRITE_ONLY)};
  } else if (!nb::cast<bool>(mutable_or_directories)) {
    rights = wasi::Rights::read_only();
  }
  take(config.preopen(path, guest_path, rights));
}

}  // namespace

Callback::Cell WasiConfig::keep(nb::object callable) {
  auto* callback = new Callback(std::move(callable));
  callbacks_.push_back(nb::cast(callback, nb::rv_policy::take_ownership));
  return callback->cell();
}

void WasiConfig::inherit(Stream stream) {
  stream == Stream::Stdout ? get().inherit_stdout() : get().inherit_stderr();
  inherited_.push_back(stream);
}

void WasiConfig::attach(Store& store) {
  const StoreRef in = store.open();
  take(in.set_wasi(consume()));
  store.share(std::move(inherited_));
  for (const nb::object& callback : std::exchange(callbacks_, {})) {
    nb::cast<Callback&>(callback).store = &store;
    store.keep(callback);
  }
}

void bind_wasi(nb::module_& module) {
  auto wasi = bind_collected_class<WasiConfig, Managed>(
      module, "WasiConfig",
      "What a WASI program sees of the world: nothing at first. "
      "Its properties can be set, not read.");
  wasi.def(nb::init<>());

  def_setter(
      wasi, "argv", "The arguments, the program's name first.",
      [](WasiConfig& self, const std::vector<std::string>& argv) { take(self.get().args(argv)); });
  wasi.def(
      "inherit_argv",
      [](WasiConfig& self) {
        const nb::object argv = nb::module_::import_("sys").attr("orig_argv");
        take(self.get().args(nb::cast<std::vector<std::string>>(argv)));
      },
      "The arguments are those of this process.");
  def_setter(wasi, "env", "The environment: pairs of a name and a value.",
             [](WasiConfig& self, const nb::iterable& pairs) {
               for (nb::handle pair : pairs) {
                 const auto [name, value] = nb::cast<std::pair<std::string, std::string>>(pair);
                 take(self.get().env(name, value));
               }
             });
  wasi.def(
      "inherit_env", [](WasiConfig& self) { self.get().inherit_env(); },
      "The environment is that of this process.");

  def_setter(wasi, "stdin_file", "A file to read from. WasmtimeError if it can't be opened.",
             [](WasiConfig& self, const std::filesystem::path& path) {
               take(self.get().stdin_file(path));
             });
  def_setter(wasi, "stdin_bytes", "What there is to read.",
             [](WasiConfig& self, const nb::bytes& bytes) {
               self.get().stdin_bytes(std::string(bytes.c_str(), bytes.size()));
             });
  def_setter(wasi, "stdin_custom",
             "Called to read, with a number: gives at most as many bytes; none are the end.",
             [](WasiConfig& self, nb::object callback) {
               take(self.get().stdin_callback(read_from(self.keep(std::move(callback)))));
             });
  wasi.def(
      "inherit_stdin", [](WasiConfig& self) { self.get().inherit_stdin(); },
      "Reads from this process's descriptor 0.");

  def_setter(wasi, "stdout_file",
             "A file to write to, which is made or emptied. WasmtimeError if it can't be opened.",
             [](WasiConfig& self, const std::filesystem::path& path) {
               take(self.get().stdout_file(path));
             });
  def_setter(wasi, "stdout_custom",
             "Called with bytes to write: gives how many it took, or None for all.",
             [](WasiConfig& self, nb::object callback) {
               take(self.get().stdout_callback(write_to(self.keep(std::move(callback)))));
             });
  wasi.def(
      "inherit_stdout", [](WasiConfig& self) { self.inherit(Stream::Stdout); },
      "Writes to this process's descriptor 1, after what sys.stdout has in its buffer.");

  def_setter(wasi, "stderr_file",
             "A file to write to, which is made or emptied. WasmtimeError if it can't be opened.",
             [](WasiConfig& self, const std::filesystem::path& path) {
               take(self.get().stderr_file(path));
             });
  def_setter(wasi, "stderr_custom",
             "Called with bytes to write: gives how many it took, or None for all.",
             [](WasiConfig& self, nb::object callback) {
               take(self.get().stderr_callback(write_to(self.keep(std::move(callback)))));
             });
  wasi.def(
      "inherit_stderr", [](WasiConfig& self) { self.inherit(Stream::Stderr); },
      "Writes to this process's descriptor 2, after what sys.stderr has in its buffer.");

  const char* permissions = "What a guest may do: see WasiConfig.preopen_dir.";
  nb::enum_<Permissions>(module, "DirPerms", permissions)
      .value("READ_ONLY", Permissions::READ_ONLY)
      .value("WRITE_ONLY", Permissions::WRITE_ONLY)
      .value("READ_WRITE", Permissions::READ_WRITE);
  module.attr("FilePerms") = module.attr("DirPerms");
  wasi.def(
      "preopen_dir",
      [](WasiConfig& self, const std::filesystem::path& path, const std::string& guest_path,
         nb::handle fs_mutable,
         nb::handle file_perms) { preopen(self.get(), path, guest_path, fs_mutable, file_perms); },
      "path"_a, "guest_path"_a, "fs_mutable"_a = true, "file_perms"_a = Permissions::READ_WRITE,
      "Lets the guest use the directory `path` under the name `guest_path`; without `fs_mutable`, "
      "only "
      "read there. In its\nplace may be DirPerms for what happens to directories, with FilePerms "
      "for "
      "what happens to files.\nWasmtimeError if the directory can't be opened.");
}

}  // namespace weft::python
