// Runs guest programs compiled from C within a time limit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <weft/weft.hpp>

#include "wasi/state.h"

namespace weft::wasi {

/// Interrupts a store's guest after a time, unless it is destroyed before.
class Deadline {
 public:
  Deadline(InterruptHandle handle, std::chrono::milliseconds after)
      : thread_([this, handle = std::move(handle), after] {
          std::unique_lock lock(mutex_);
          if (!done_.wait_for(lock, after, [this] { return over_; })) handle.interrupt();
        }) {}
  ~Deadline() {
    {
      const std::scoped_lock lock(mutex_);
      over_ = true;
    }
    done_.notify_one();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool over_ = false;
  std::jthread thread_;
};

struct GuestRun {
  Result<int> status = 0;
  std::string out{};
  std::string err{};
};

struct GuestOptions {
  std::shared_ptr<const backend::Backend> backend = backends::interpreter();
  PathResolver::Strategy strategy = PathResolver::Strategy::Auto;
  /// A guest that runs longer ends by Errc::interrupted.
  std::chrono::milliseconds limit = std::chrono::seconds(10);
  /// What the guest's stdout keeps.
  std::size_t out_limit = std::size_t{1} << 20;
  /// Called with what the guest writes to stderr, before its write returns.
  std::function<void(std::string_view)> host{};
  /// Leaves stdout as the Config has it.
  bool own_stdout = false;
};

inline GuestRun run_guest(std::string_view name, Config config, const GuestOptions& options = {}) {
  Engine engine({}, options.backend);
  Store store(engine);
  Linker linker(engine);
  or_throw(linker.wasi());
  Capture out;
  if (!options.own_stdout) out = config.capture_stdout(options.out_limit);
  std::string err;
  or_throw(config.stderr_callback([&](std::span<const std::uint8_t> bytes) -> Result<std::size_t> {
    err += Bytes(bytes).text();
    if (options.host) options.host(Bytes(bytes).text());
    return bytes.size();
  }));
  or_throw(store.set_wasi(std::move(config)));
  store.extension<State>()->resolver = PathResolver(options.strategy);
  const std::filesystem::path path =
      std::filesystem::path(WEFT_GUESTS_DIR) / (std::string(name) + ".wasm");
  const Module module = or_throw(Module::from_file(engine, path));
  const Instance instance = or_throw(linker.instantiate(store, module));
  GuestRun result;
  {
    const Deadline deadline(store.interrupt_handle(), options.limit);
    result.status = run(store, instance);
  }
  result.out = out.contents();
  result.err = std::move(err);
  return result;
}

}  // namespace weft::wasi
