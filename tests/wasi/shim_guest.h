// A guest made of C++ that calls the shim's functions as a Wasm module would: with 32-bit words for
// arguments, and buffers in a memory of its own.
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "tests/api/fake_backend.h"
#include "wasi/state.h"

namespace weft::wasi {

/// The functions by name, with their parameters: i for i32, I for i64. All but proc_exit give an
/// i32.
inline const std::vector<std::pair<std::string, std::string>>& preview1_signatures() {
  static const std::vector<std::pair<std::string, std::string>> signatures{
      {"args_get", "ii"},
      {"args_sizes_get", "ii"},
      {"environ_get", "ii"},
      {"environ_sizes_get", "ii"},
      {"clock_res_get", "ii"},
      {"clock_time_get", "iIi"},
      {"fd_advise", "iIIi"},
      {"fd_allocate", "iII"},
      {"fd_close", "i"},
      {"fd_datasync", "i"},
      {"fd_fdstat_get", "ii"},
      {"fd_fdstat_set_flags", "ii"},
      {"fd_fdstat_set_rights", "iII"},
      {"fd_filestat_get", "ii"},
      {"fd_filestat_set_size", "iI"},
      {"fd_filestat_set_times", "iIIi"},
      {"fd_pread", "iiiIi"},
      {"fd_prestat_get", "ii"},
      {"fd_prestat_dir_name", "iii"},
      {"fd_pwrite", "iiiIi"},
      {"fd_read", "iiii"},
      {"fd_readdir", "iiiIi"},
      {"fd_renumber", "ii"},
      {"fd_seek", "iIii"},
      {"fd_sync", "i"},
      {"fd_tell", "ii"},
      {"fd_write", "iiii"},
      {"path_create_directory", "iii"},
      {"path_filestat_get", "iiiii"},
      {"path_filestat_set_times", "iiiiIIi"},
      {"path_link", "iiiiiii"},
      {"path_open", "iiiiiIIii"},
      {"path_readlink", "iiiiii"},
      {"path_remove_directory", "iii"},
      {"path_rename", "iiiiii"},
      {"path_symlink", "iiiii"},
      {"path_unlink_file", "iii"},
      {"poll_oneoff", "iiii"},
      {"proc_exit", "i"},
      {"proc_raise", "i"},
      {"sched_yield", ""},
      {"random_get", "ii"},
      {"sock_accept", "iii"},
      {"sock_recv", "iiiiii"},
      {"sock_send", "iiiii"},
      {"sock_shutdown", "ii"},
  };
  return signatures;
}

class ShimGuest {
 public:
  // Where the helpers below put things.
  static constexpr Address kResult = 0x100;
  static constexpr Address kList = 0x200;
  static constexpr Address kPath = 0x1000;
  static constexpr Address kOtherPath = 0x3000;
  static constexpr Address kBuffer = 0x8000;
  static constexpr std::uint64_t kMemoryBytes = 4 * 65536;

  explicit ShimGuest(Config config, backend::Capabilities capabilities = fake::kAll,
                     PathResolver::Strategy strategy = PathResolver::Strategy::Auto)
      : backend_(make_backend(capabilities)), engine_({}, backend_), store_(engine_) {
    Linker linker(engine_);
    or_throw(linker.wasi());
    or_throw(store_.set_wasi(std::move(config)));
    state().resolver = PathResolver(strategy);
    const Module module = or_throw(Module::from_bytes(engine_, Bytes("guest")));
    instance_ = or_throw(linker.instantiate(store_, module));
  }

  [[nodiscard]] State& state() { return *store_.extension<State>(); }
  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] Memory memory() { return or_throw(instance_.memory(store_)); }

  /// Calls a function of the shim from inside the guest.
  template <class... Args>
  Result<Errno> try_call(std::string_view name, Args... args) {
    std::size_t import = 0;
    while (preview1_signatures()[import].first != name) ++import;
    EXPECT_EQ(preview1_signatures()[import].second.size(), sizeof...(args)) << name;
    const std::array<std::uint64_t, sizeof...(args)> words{static_cast<std::uint64_t>(args)...};
    return try_call(import, words);
  }
  /// By the function's place in preview1_signatures.
  Result<Errno> try_call(std::size_t import, std::span<const std::uint64_t> words) {
    RawVal slots[16];
    for (std::size_t i = 0; i < words.size(); ++i) slots[i].u64 = words[i];
    body_ = [&](fake::FakeStore& store, fake::Index instance) {
      return store.call_import(instance, import, slots);
    };
    Result<void> done = or_throw(instance_.func<void()>(store_, "run"))(store_);
    if (!done) return fail(std::move(done).error());
    return static_cast<Errno>(slots[0].u32);
  }
  template <class... Args>
  Errno call(std::string_view name, Args... args) {
    return or_throw(try_call(name, args...));
  }

  // Memory
  template <class T>
  [[nodiscard]] T load(std::uint64_t address) {
    return or_throw(memory().load<T>(store_, address));
  }
  template <class T>
  void put(std::uint64_t address, const T& value) {
    or_throw(memory().store<T>(store_, address, value));
  }
  void put_text(std::uint64_t address, std::string_view text) {
    or_throw(memory().write(store_, address, text));
  }
  [[nodiscard]] std::string text(std::uint64_t address, std::uint64_t length) {
    return or_throw(memory().string(store_, address, length));
  }

  // Calls with paths, written into the memory first.
  template <class... Args>
  Errno path_call(std::string_view name, Fd fd, std::string_view path, Args... rest) {
    put_text(kPath, path);
    return call(name, fd, kPath, path.size(), rest...);
  }
  /// fs_rights_inheriting is everything.
  Errno open(Fd fd, std::string_view path, RightSet rights = right::kFdRead, Flags oflags = 0,
             Flags lookup = kSymlinkFollow, Flags fdflags = 0) {
    put_text(kPath, path);
    const Errno error = call("path_open", fd, lookup, kPath, path.size(), oflags, rights,
                             ~RightSet{0}, fdflags, kResult);
    if (error == Errno::Success) opened = load<Fd>(kResult);
    return error;
  }
  Fd opened = ~Fd{0};  ///< By the last `open` that worked.

  Errno two_paths(std::string_view name, Fd fd, std::string_view path, Fd other_fd,
                  std::string_view other) {
    put_text(kPath, path);
    put_text(kOtherPath, other);
    if (name == "path_link") {
      return call(name, fd, 0, kPath, path.size(), other_fd, kOtherPath, other.size());
    }
    return call(name, fd, kPath, path.size(), other_fd, kOtherPath, other.size());
  }
  Errno symlink(std::string_view text, Fd fd, std::string_view path) {
    put_text(kPath, text);
    put_text(kOtherPath, path);
    return call("path_symlink", kPath, text.size(), fd, kOtherPath, path.size());
  }

  // Transfers by one buffer.
  Errno write(Fd fd, std::string_view text) {
    put_text(kBuffer, text);
    put(kList, GuestIovec{kBuffer, static_cast<Size>(text.size())});
    return call("fd_write", fd, kList, 1, kResult);
  }
  Errno read(Fd fd, Size length, std::string& text) {
    put(kList, GuestIovec{kBuffer, length});
    const Errno error = call("fd_read", fd, kList, 1, kResult);
    if (error == Errno::Success) text = this->text(kBuffer, result());
    return error;
  }
  [[nodiscard]] Size result() { return load<Size>(kResult); }

  using RawVal = backend::RawVal;

 private:
  std::shared_ptr<fake::FakeBackend> make_backend(backend::Capabilities capabilities) {
    fake::ModuleSpec spec;
    for (const auto& [name, parameters] : preview1_signatures()) {
      std::vector<ValType> types;
      for (const char c : parameters) types.push_back(c == 'i' ? ValType::I32 : ValType::I64);
      std::vector<ValType> results;
      if (name != "proc_exit") results.push_back(ValType::I32);
      spec.imports.push_back({"wasi_snapshot_preview1", name, FuncType(types, results)});
    }
    MemoryType memory;
    memory.limits.min = kMemoryBytes / 65536;
    spec.exports.push_back({"memory", memory});
    spec.exports.push_back({"run", FuncType({}, {})});
    spec.bodies["run"] = [this](fake::FakeStore& store, fake::Index instance, RawVal* /*slots*/) {
      return body_(store, instance);
    };
    auto backend = std::make_shared<fake::FakeBackend>(capabilities);
    backend->add("guest", std::move(spec));
    return backend;
  }

  std::function<Result<void>(fake::FakeStore&, fake::Index)> body_;
  std::shared_ptr<fake::FakeBackend> backend_;
  Engine engine_;
  Store store_;
  Instance instance_;
};

}  // namespace weft::wasi
