// Identifiers of one index space and what they stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::interp {

class NameMap {
 public:
  // The value of a name; where it isn't there yet, it gets this one. Second: whether it is new.
  // Names are not copied. `scope` tells equal names apart.
  std::pair<uint32_t&, bool> insert(std::string_view name, uint32_t value, uint32_t scope = 0);
  // Null if there is no such name.
  uint32_t* find(std::string_view name, uint32_t scope = 0);
  void clear();

 private:
  struct Entry {
    std::string_view name;
    uint32_t scope;
    uint32_t value;
    uint64_t hash;
  };
  size_t slot_of(std::string_view name, uint32_t scope, uint64_t hash) const;
  void grow();

  std::vector<Entry> x_entries;
  std::vector<uint32_t> x_slots;  // an entry's index + 1; 0: free. Their number is a power of two.
};

}  // namespace weft::interp
