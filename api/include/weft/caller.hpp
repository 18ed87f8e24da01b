// Caller: what a host function is told about who called it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "weft/backend.hpp"
#include "weft/error.hpp"
#include "weft/export.hpp"
#include "weft/memory.hpp"
#include "weft/store_ref.hpp"

namespace weft {

class Extern;
class Instance;

/// The store that a host function runs in, and the instance that called it. A host function gets
/// one by taking Caller& first; it is valid until that function returns. Being a StoreRef, it gives
/// data<T>(), extension<T>() and everything else of the store's.
class WEFT_API Caller : public StoreRef {
 public:
  /// The calling instance; Errc::not_found when the host itself made the call.
  [[nodiscard]] Result<Instance> instance() const;
  /// The memory that the caller's pointers mean: its export "memory", otherwise its first memory.
  /// Errc::not_found if it has none, or the host itself made the call.
  [[nodiscard]] Result<Memory> memory() const;
  /// That memory's bytes in place, as Memory::span gives them.
  [[nodiscard]] Result<std::span<std::uint8_t>> memory_span() const;
  /// An export of the calling instance; nothing if there is none of that name.
  [[nodiscard]] std::optional<Extern> get_export(std::string_view name) const;

  /// For the library's own use; `call` outlives it.
  explicit Caller(const backend::HostCall& call) noexcept
      : StoreRef(static_cast<detail::StoreState*>(call.owner)), call_(&call) {}

  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

 private:
  // Not a copy: one of what has only just been written, in parts, would have to wait for it.
  const backend::HostCall* call_;
};

}  // namespace weft
