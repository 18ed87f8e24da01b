// Bytes of the binary format, appended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weft::interp {

class Writer {
 public:
  void byte(uint8_t value) { x_bytes.push_back(value); }
  void u32(uint32_t value) { u64(value); }
  void u64(uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<uint8_t>(value | 0x80));
      value >>= 7;
    }
    byte(static_cast<uint8_t>(value));
  }
  void s64(int64_t value) {
    for (;;) {
      const auto low = static_cast<uint8_t>(value & 0x7f);
      value >>= 7;
      if (value == (low & 0x40 ? -1 : 0)) return byte(low);
      byte(low | 0x80);
    }
  }
  // Little-endian.
  void fixed(uint64_t value, uint32_t size) {
    for (uint32_t i = 0; i < size; ++i) byte(static_cast<uint8_t>(value >> 8 * i));
  }
  void bytes(std::span<const uint8_t> bytes) {
    x_bytes.insert(x_bytes.end(), bytes.begin(), bytes.end());
  }
  void bytes(std::string_view bytes) { x_bytes.insert(x_bytes.end(), bytes.begin(), bytes.end()); }
  void name(std::string_view name) { sized(name); }
  // The bytes behind their number.
  void sized(std::string_view content) {
    u64(content.size());
    bytes(content);
  }
  void sized(const Writer& content) { sized(content.view()); }

  size_t size() const { return x_bytes.size(); }
  bool empty() const { return x_bytes.empty(); }
  void truncate(size_t size) { x_bytes.resize(size); }
  void clear() { x_bytes.clear(); }
  void reserve(size_t size) { x_bytes.reserve(size); }
  std::string_view view(size_t from = 0) const {
    return {reinterpret_cast<const char*>(x_bytes.data()) + from, x_bytes.size() - from};
  }
  std::vector<uint8_t> take() { return std::move(x_bytes); }

 private:
  std::vector<uint8_t> x_bytes;
};

}  // namespace weft::interp
