// Views of bytes that accept any contiguous range of byte-sized elements, so that callers need no
// casts between char, unsigned char and std::byte.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

namespace weft {

namespace detail {

template <class T>
concept ByteLike =
    std::same_as<T, char> || std::same_as<T, unsigned char> || std::same_as<T, signed char> ||
    std::same_as<T, char8_t> || std::same_as<T, std::byte>;

template <class R>
concept ByteRange = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                    ByteLike<std::remove_cv_t<std::ranges::range_value_t<R>>>;

template <class R>
concept MutableByteRange =
    ByteRange<R> && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

}  // namespace detail

/// Read-only view of bytes owned by somebody else. A string literal counts without its final NUL.
class Bytes {
 public:
  constexpr Bytes() = default;
  constexpr Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  template <detail::ByteRange R>
    requires(!std::is_array_v<std::remove_reference_t<R>> &&
             !std::same_as<std::remove_cvref_t<R>, Bytes>)
  Bytes(R&& range)  // NOLINT(google-explicit-constructor): every byte range is a Bytes
      : data_(reinterpret_cast<const std::uint8_t*>(std::ranges::data(range))),
        size_(std::ranges::size(range)) {}

  template <class T, std::size_t N>
    requires detail::ByteLike<std::remove_const_t<T>>
  Bytes(T (&array)[N])  // NOLINT(google-explicit-constructor)
      : data_(reinterpret_cast<const std::uint8_t*>(array)),
        size_(std::is_same_v<T, const char> ? N - 1 : N) {}

  [[nodiscard]] constexpr const std::uint8_t* data() const { return data_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr const std::uint8_t* begin() const { return data_; }
  [[nodiscard]] constexpr const std::uint8_t* end() const { return data_ + size_; }
  [[nodiscard]] constexpr std::uint8_t operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] constexpr std::span<const std::uint8_t> span() const { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(data_), size_};
  }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Writable view of bytes owned by somebody else.
class MutableBytes {
 public:
  constexpr MutableBytes() = default;
  constexpr MutableBytes(std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  template <detail::MutableByteRange R>
    requires(!std::same_as<std::remove_cvref_t<R>, MutableBytes>)
  MutableBytes(R&& range)  // NOLINT(google-explicit-constructor): every byte range qualifies
      : data_(reinterpret_cast<std::uint8_t*>(std::ranges::data(range))),
        size_(std::ranges::size(range)) {}

  [[nodiscard]] constexpr std::uint8_t* data() const { return data_; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weft
