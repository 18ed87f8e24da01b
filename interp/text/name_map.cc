#include "interp/text/name_map.h"

#include <cstring>

namespace weft::interp {
namespace {

uint64_t mix(uint64_t a) {
  a *= 0x9e3779b97f4a7c15;
  return a ^ a >> 32;
}

uint64_t hash_of(std::string_view name, uint32_t scope) {
  uint64_t hash = mix(name.size() + (uint64_t{scope} << 32));
  const char* p = name.data();
  size_t left = name.size();
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    hash = mix(hash ^ word);
  }
  uint64_t word = 0;
  for (; left > 0; ++p, --left) word = word << 8 | static_cast<uint8_t>(*p);
  return mix(hash ^ word);
}

}  // namespace

// Where the name is, or where it would be.
size_t NameMap::slot_of(std::string_view name, uint32_t scope, uint64_t hash) const {
  const size_t mask = x_slots.size() - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (x_slots[slot] == 0) return slot;
    const Entry& entry = x_entries[x_slots[slot] - 1];
    if (entry.hash == hash && entry.scope == scope && entry.name == name) return slot;
  }
}

std::pair<uint32_t&, bool> NameMap::insert(std::string_view name, uint32_t value, uint32_t scope) {
  if (2 * (x_entries.size() + 1) > x_slots.size()) grow();
  const uint64_t hash = hash_of(name, scope);
  const size_t slot = slot_of(name, scope, hash);
  if (x_slots[slot] != 0) return {x_entries[x_slots[slot] - 1].value, false};
  x_entries.push_back({name, scope, value, hash});
  x_slots[slot] = static_cast<uint32_t>(x_entries.size());
  return {x_entries.back().value, true};
}

uint32_t* NameMap::find(std::string_view name, uint32_t scope) {
  if (x_entries.empty()) return nullptr;
  const uint32_t entry = x_slots[slot_of(name, scope, hash_of(name, scope))];
  return entry == 0 ? nullptr : &x_entries[entry - 1].value;
}

// Costs as much as filling it did, however large it once was.
void NameMap::clear() {
  const size_t mask = x_slots.size() - 1;
  for (const Entry& entry : x_entries) {
    for (size_t slot = entry.hash & mask; x_slots[slot] != 0; slot = (slot + 1) & mask) {
      x_slots[slot] = 0;
    }
  }
  x_entries.clear();
}

void NameMap::grow() {
  x_slots.assign(x_slots.empty() ? 16 : 2 * x_slots.size(), 0);
  for (size_t i = 0; i < x_entries.size(); ++i) {
    const Entry& entry = x_entries[i];
    x_slots[slot_of(entry.name, entry.scope, entry.hash)] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace weft::interp
