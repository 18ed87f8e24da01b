// Between a script's patterns and the engine's values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <weft/weft.hpp>

#include "spec-tests/scripts/script.h"

namespace weft::spectest {

// The host's objects that scripts name by number, (ref.extern 5) or as an anyref (ref.host 5), one
// per number and store.
class HostObjects {
 public:
  explicit HostObjects(StoreRef store) : x_store(store) {}

  ExternRef get(uint32_t number);
  // As a reference of the heap type "extern" or "any"; nothing for another.
  std::optional<Ref> get(uint32_t number, std::string_view heap);
  // The number of an object; nothing for null, for objects of others and of the guest's.
  std::optional<uint32_t> number_of(const Ref& object) const;

 private:
  struct Object {
    uint32_t number;
  };
  StoreRef x_store;
  std::map<uint32_t, ExternRef> x_objects;
};

// The argument; nothing if the API has no such value.
std::optional<Val> to_val(const Pattern& pattern, HostObjects& objects);

bool matches(const Pattern& pattern, const Val& value, const HostObjects& objects);
bool matches(const std::vector<Pattern>& patterns, const std::vector<Val>& values,
             const HostObjects& objects);

// For people, in the words of to_string(Pattern); `like` says in which lanes to show a v128.
std::string to_string(const Val& value, const Pattern* like, const HostObjects& objects);
std::string to_string(const std::vector<Val>& values, const std::vector<Pattern>& like,
                      const HostObjects& objects);

}  // namespace weft::spectest
