// What the functions of <weft.h> share: errors out, objects out, values between the two worlds.
#pragma once

#include <weft.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "api/c/objects.h"

// NOLINTBEGIN(readability-identifier-naming): the names are <weft.h>'s

struct weft_error_t {
  weft::Error error;
};

struct weft_caller_t {
  weft::Caller& caller;
  /// What weft_caller_store lends.
  std::optional<wasm_store_t> store{};

  [[nodiscard]] const weft::c::StoreHandle& handle() {
    if (!store) store.emplace(weft::c::handle_of(caller));
    return store->handle;
  }
};

// NOLINTEND(readability-identifier-naming)

namespace weft::c {

/// Never null: if there is no memory for it, one that says so, of which there is one.
[[nodiscard]] weft_error_t* new_error(Error error) noexcept;
/// The error in flight, inside a catch.
[[nodiscard]] weft_error_t* current_error() noexcept;
/// What a callback returned, without the object around it. `error` isn't null.
[[nodiscard]] Error take_error(weft_error_t* error);

/// What `work` failed with, or null; Errc::usage if a pointer in `needed` is null.
template <class F, class... P>
weft_error_t* attempt(F&& work, P... needed) noexcept {
  if ((false || ... || (needed == nullptr))) {
    return new_error(Error(Errc::usage, "NULL where something is needed"));
  }
  try {
    Result<void> done = std::forward<F>(work)();
    return done ? nullptr : new_error(std::move(done).error());
  } catch (...) {
    return current_error();
  }
}

template <class T>
[[nodiscard]] std::unexpected<Error> forward_error(Result<T>& result) {
  return std::unexpected<Error>(std::move(result).error());
}

/// The value to where `out` points, or the error.
template <class T, class U>
Result<void> put(Result<T> value, U* out) {
  if (!value) return forward_error(value);
  *out = std::move(*value);
  return {};
}

/// As put, with what `make` makes of the value.
template <class T, class U, class Make>
Result<void> put_as(Result<T> value, U* out, Make&& make) {
  if (!value) return forward_error(value);
  *out = std::forward<Make>(make)(std::move(*value));
  return {};
}

// Strings

[[nodiscard]] inline std::string_view view(weft_str_t text) noexcept {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}
[[nodiscard]] inline weft_str_t to_str(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
[[nodiscard]] inline Bytes view(const void* bytes, std::size_t size) noexcept {
  return {static_cast<const std::uint8_t*>(bytes), bytes == nullptr ? 0 : size};
}
/// Nothing if `out` is null.
void put_bytes(std::string_view bytes, wasm_byte_vec_t* out) noexcept;

// Types and values

[[nodiscard]] weft_heaptype_t to_c(const HeapType& type) noexcept;
/// Nothing for a kind that isn't there.
[[nodiscard]] std::optional<HeapType> from_c(const weft_heaptype_t& type) noexcept;

/// Errc::type_mismatch for a kind that isn't there and for what is no value.
[[nodiscard]] Result<Val> from_c(const weft_val_t& value);
[[nodiscard]] Result<std::vector<Val>> from_c(std::span<const weft_val_t> values);
/// A reference in it is the caller's.
[[nodiscard]] weft_val_t to_c(const StoreHandle& store, const Val& value);

using OwnedVals = OwnedValues<weft_val_t, weft_val_delete>;
/// All values to where `out` points; nothing of them if memory runs out.
void put_vals(const StoreHandle& store, std::span<const Val> values, weft_val_t* out);

// Host functions

[[nodiscard]] DynamicCallable make_callable(weft_func_callback_t callback, HostInfo env);
[[nodiscard]] std::shared_ptr<backend::HostFunc> make_raw_func(weft_func_raw_callback_t callback,
                                                               HostInfo env);

}  // namespace weft::c
