// Builds modules as bytes, also wrong ones.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "interp/core/opcode.h"
#include "interp/decode/module_decoder.h"

namespace weft::interp::testing {

using Bytes = std::vector<uint8_t>;

inline Bytes unsigned_leb(uint64_t value) {
  Bytes result;
  do {
    result.push_back(static_cast<uint8_t>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
    value >>= 7;
  } while (value != 0);
  return result;
}

inline Bytes signed_leb(int64_t value) {
  Bytes result;
  for (;;) {
    const auto low = static_cast<uint8_t>(value & 0x7f);
    value >>= 7;
    const bool done = (value == 0 && !(low & 0x40)) || (value == -1 && (low & 0x40));
    result.push_back(static_cast<uint8_t>(done ? low : low | 0x80));
    if (done) return result;
  }
}

inline void append(Bytes& to, const Bytes& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

template <class... Parts>
Bytes join(const Parts&... parts) {
  Bytes result;
  (append(result, parts), ...);
  return result;
}

inline Bytes text(std::string_view name) {
  return join(unsigned_leb(name.size()), Bytes(name.begin(), name.end()));
}

inline Bytes encode(Opcode opcode) {
  const InstrInfo& instr = info(opcode);
  if (instr.prefix == 0) return {static_cast<uint8_t>(instr.code)};
  return join(Bytes{instr.prefix}, unsigned_leb(instr.code));
}

// Sections by id, each a count and its items; `raw` sections are what the test says they are.
class ModuleBuilder {
 public:
  static constexpr uint8_t kType = 1, kImport = 2, kFunction = 3, kTable = 4, kMemory = 5,
                           kGlobal = 6, kExport = 7, kStart = 8, kElement = 9, kCode = 10,
                           kData = 11, kDataCount = 12, kTag = 13;

  ModuleBuilder& item(uint8_t section, const Bytes& bytes) {
    auto& [count, items] = x_sections[section];
    ++count;
    append(items, bytes);
    return *this;
  }
  ModuleBuilder& type(const Bytes& params, const Bytes& results) {
    return item(kType, join(Bytes{0x60}, unsigned_leb(params.size()), params,
                            unsigned_leb(results.size()), results));
  }
  // A function and its body; `locals` are groups in the binary format, `code` goes without the
  // final `end`.
  ModuleBuilder& func(uint32_t type, const Bytes& code, const Bytes& locals = {0}) {
    item(kFunction, unsigned_leb(type));
    const Bytes body = join(locals, code, Bytes{0x0b});
    return item(kCode, join(unsigned_leb(body.size()), body));
  }
  ModuleBuilder& memory(uint8_t pages = 1) { return item(kMemory, {0, pages}); }
  ModuleBuilder& raw(uint8_t section, const Bytes& bytes) {
    x_raw[section] = bytes;
    return *this;
  }

  Bytes build() const {
    Bytes result = {0, 'a', 's', 'm', 1, 0, 0, 0};
    for (const uint8_t id : Bytes{1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11}) {
      Bytes content;
      if (const auto raw = x_raw.find(id); raw != x_raw.end()) {
        content = raw->second;
      } else if (const auto found = x_sections.find(id); found != x_sections.end()) {
        content = join(unsigned_leb(found->second.first), found->second.second);
      } else {
        continue;
      }
      append(result, join(Bytes{id}, unsigned_leb(content.size()), content));
    }
    return result;
  }

 private:
  std::map<uint8_t, std::pair<uint32_t, Bytes>> x_sections;
  std::map<uint8_t, Bytes> x_raw;
};

inline FeatureSet all_features() {
  FeatureSet all;
  for (int i = 0; i <= static_cast<int>(Feature::WideArithmetic); ++i)
    all.add(static_cast<Feature>(i));
  return all;
}

// The module keeps a copy of the bytes.
inline auto decode(const Bytes& bytes, const DecodeOptions& options = {}) {
  auto owner = std::make_shared<const Bytes>(bytes);
  const std::span<const uint8_t> view(*owner);
  return decode_module({view, std::move(owner)}, options);
}

}  // namespace weft::interp::testing
