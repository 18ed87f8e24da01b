#include "interp/decode/names.h"

#include <algorithm>
#include <utility>

#include "interp/decode/reader.h"

namespace weft::interp {
namespace {

constexpr uint32_t kMaxNameBytes = UINT32_MAX;  // names cost nothing until shown

// Calls entry(index, name) for each association of a name map. Indices must increase.
template <class Visit>
void read_name_map(Reader& in, Visit&& entry) {
  const uint32_t count = in.u32();
  uint64_t next = 0;
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    const uint32_t index = in.u32();
    const std::string_view name = in.name(kMaxNameBytes);
    if (index < next) in.malformed("name map out of order");
    if (in.ok()) entry(index, name);
    next = uint64_t{index} + 1;
  }
}

}  // namespace

void NameSection::decode() const {
  constexpr uint8_t kModule = 0;
  constexpr uint8_t kFuncs = 1;
  constexpr uint8_t kLocals = 2;
  const auto section = std::ranges::find(x_source.customs, "name", &CustomSection::name);
  if (section == x_source.customs.end()) return;
  Reader in(x_source.source.bytes, section->payload);
  while (in.ok() && !in.at_end()) {
    const uint8_t id = in.byte();
    Reader part = in.sub(in.length());
    if (id == kModule) {
      x_module = part.name(kMaxNameBytes);
    } else if (id == kFuncs) {
      if (!x_funcs.empty()) break;  // a second list: lookup relies on one order
      read_name_map(
          part, [&](uint32_t index, std::string_view name) { x_funcs.push_back({index, name}); });
    } else if (id == kLocals) {
      const uint32_t count = part.u32();
      for (uint32_t i = 0; i < count && part.ok(); ++i) {
        const uint32_t func = part.u32();
        const uint64_t begin = part.offset();
        read_name_map(part, [](uint32_t, std::string_view) {});
        if (!x_locals.empty() && func <= x_locals.back().func) break;
        if (part.ok()) x_locals.push_back({func, {begin, part.offset()}});
      }
    }
    if (!part.ok()) break;
  }
}

std::string_view NameSection::module() const {
  decode_once();
  return x_module;
}

std::string_view NameSection::func(uint32_t func) const {
  decode_once();
  const auto at = std::ranges::lower_bound(x_funcs, func, {}, &Entry::index);
  return at != x_funcs.end() && at->index == func ? at->name : std::string_view();
}

std::string_view NameSection::local(uint32_t func, uint32_t local) const {
  decode_once();
  const auto of = std::ranges::lower_bound(x_locals, func, {}, &LocalsOf::func);
  if (of == x_locals.end() || of->func != func) return {};
  Reader in(x_source.source.bytes, of->names);
  std::string_view found;
  read_name_map(in, [&](uint32_t index, std::string_view name) {
    if (index == local) found = name;
  });
  return found;
}

}  // namespace weft::interp
