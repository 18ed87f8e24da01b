// What the shim keeps for a store, and what a handler is given of it.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>
#include <weft/caller.hpp>
#include <weft/wasi.hpp>

#include "wasi/abi.h"
#include "wasi/descriptor.h"
#include "wasi/guest_memory.h"
#include "wasi/path_resolver.h"

namespace weft::wasi {

/// A store's extension.
struct State {
  explicit State(Config settings) : config(std::move(settings)), fds(config.max_open_files()) {}

  Config config;
  FdTable fds;
  PathResolver resolver{};
  /// For transfers by copying, made when first needed: handlers allocate nothing per call.
  std::vector<std::uint8_t> scratch{};
  /// Whether blocking calls have to look for interrupts.
  bool interruptible = true;

  static constexpr std::size_t kScratchBytes = 65536;
  [[nodiscard]] std::span<std::uint8_t> scratch_bytes() {
    if (scratch.empty()) scratch.resize(kScratchBytes);
    return scratch;
  }
};

/// One call of a handler.
struct Call {
  Call(Caller& from, State& of) : caller(from), state(of), memory(from) {}

  Caller& caller;
  State& state;
  GuestMemory memory;

  [[nodiscard]] Descriptor* find(Fd fd) const noexcept { return state.fds.find(fd); }
};

/// What a handler gives: a number for the guest, or an Error that ends it.
using Outcome = Result<Errno>;

}  // namespace weft::wasi
