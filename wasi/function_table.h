// Tables of functions: a row has what binds a handler to a Linker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <weft/backend.hpp>

#include "wasi/handlers.h"
#include "wasi/state.h"

namespace weft::wasi {

/// A handler, called with the arguments in the slots.
using Invoke = Outcome(Call& call, const backend::RawVal* slots);

template <class T>
T argument(const backend::RawVal& slot) {
  static_assert((std::is_integral_v<T> || std::is_enum_v<T>) && (sizeof(T) == 4 || sizeof(T) == 8));
  return static_cast<T>(sizeof(T) == 4 ? slot.u32 : slot.u64);
}

template <auto Handler>
struct Bound;

template <class R, class... Args, Result<R> (*Handler)(Call&, Args...)>
struct Bound<Handler> {
  static Outcome invoke(Call& call, const backend::RawVal* slots) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> Outcome {
      if constexpr (!std::is_void_v<R>) return Handler(call, argument<Args>(slots[I])...);
      Result<R> done = Handler(call, argument<Args>(slots[I])...);
      if (!done) return std::unexpected<Error>(std::move(done).error());
      return Errno::Success;
    }(std::index_sequence_for<Args...>{});
  }
};

struct Row {
  std::string_view name{};
  std::array<std::uint8_t, 10> param_bytes{};  ///< Of each parameter, to the first 0.
  bool has_result = true;
  Invoke* invoke = nullptr;
};

constexpr bool same_type(const Row& a, const Row& b) {
  return a.param_bytes == b.param_bytes && a.has_result == b.has_result;
}

template <class R, class... Args>
constexpr Row row(std::string_view name, Invoke* invoke) {
  static_assert(std::is_void_v<R> || std::is_same_v<R, Errno>);
  return {name, {sizeof(Args)...}, !std::is_void_v<R>, invoke};
}

/// wasi_snapshot_preview1.
inline constexpr auto kPreview1 = std::to_array<Row>({
#define WASI_FUNCTION(result, name, ...) \
  row<result __VA_OPT__(, ) __VA_ARGS__>(#name, &Bound<&wasi::name>::invoke),
#include "wasi/preview1.def"
});

}  // namespace weft::wasi
