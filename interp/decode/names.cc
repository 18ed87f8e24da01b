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

constexpr bool is_indirect(NameOf kind) {
  return kind == NameOf::Local || kind == NameOf::Label || kind == NameOf::Field;
}

}  // namespace

void NameSection::decode() const {
  const auto section = std::ranges::find(x_source.customs, "name", &CustomSection::name);
  if (section == x_source.customs.end()) return;
  Reader in(x_source.source.bytes, section->payload);
  while (in.ok() && !in.at_end()) {
    const uint8_t id = in.byte();
    Reader part = in.sub(in.length());
    if (id >= kNameKinds) continue;  // of a later version
    const auto kind = static_cast<NameOf>(id);
    auto& names = x_names[id];
    auto& indirect = x_indirect[id];
    // Lookup relies on one order.
    if (!names.empty() || !indirect.empty()) part.malformed("a second list of names of one kind");
    if (kind == NameOf::Module) {
      x_module = part.name(kMaxNameBytes);
    } else if (is_indirect(kind)) {
      const uint32_t count = part.u32();
      for (uint32_t i = 0; i < count && part.ok(); ++i) {
        const uint32_t owner = part.u32();
        const uint64_t begin = part.offset();
        read_name_map(part, [](uint32_t, std::string_view) {});
        if (!indirect.empty() && owner <= indirect.back().owner) {
          part.malformed("name map out of order");
        }
        if (part.ok()) indirect.push_back({owner, {begin, part.offset()}});
      }
    } else {
      read_name_map(part,
                    [&](uint32_t index, std::string_view name) { names.push_back({index, name}); });
    }
    if (!part.ok()) {
      x_problem = part.take_error();
      return;
    }
  }
  if (!in.ok()) x_problem = in.take_error();
}

const std::optional<Error>& NameSection::problem() const {
  decode_once();
  return x_problem;
}

std::string_view NameSection::module() const {
  decode_once();
  return x_module;
}

std::string_view NameSection::find(NameOf kind, uint32_t index) const {
  decode_once();
  const auto& names = x_names[static_cast<size_t>(kind)];
  const auto at = std::ranges::lower_bound(names, index, {}, &Entry::index);
  return at != names.end() && at->index == index ? at->name : std::string_view();
}

std::vector<NameSection::Entry> NameSection::within(NameOf kind, uint32_t owner) const {
  decode_once();
  std::vector<Entry> entries;
  const auto& indirect = x_indirect[static_cast<size_t>(kind)];
  const auto of = std::ranges::lower_bound(indirect, owner, {}, &NamesWithin::owner);
  if (of == indirect.end() || of->owner != owner) return entries;
  Reader in(x_source.source.bytes, of->names);
  read_name_map(in,
                [&](uint32_t index, std::string_view name) { entries.push_back({index, name}); });
  return entries;
}

std::string_view NameSection::find(NameOf kind, uint32_t owner, uint32_t index) const {
  const std::vector<Entry> entries = within(kind, owner);
  const auto at = std::ranges::lower_bound(entries, index, {}, &Entry::index);
  return at != entries.end() && at->index == index ? at->name : std::string_view();
}

}  // namespace weft::interp
