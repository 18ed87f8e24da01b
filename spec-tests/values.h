// Between a script's patterns and the engine's values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "spec-tests/script.h"

namespace weft::spectest {

// The host's objects that scripts name by number, (ref.extern 5), one per number and store.
class HostObjects {
 public:
  explicit HostObjects(StoreRef store) : x_store(store) {}

  ExternRef get(uint32_t number);
  // The number of an object; nothing for null and for objects of others.
  std::optional<uint32_t> number_of(const ExternRef& object) const;

 private:
  struct Object {
    uint32_t number;
  };
  StoreRef x_store;
  std::map<uint32_t, ExternRef> x_objects;
};

// The argument; nothing if the API has no such value, as for host objects below anyref.
std::optional<Val> to_val(const Pattern& pattern, HostObjects& objects);

bool matches(const Pattern& pattern, const Val& value, const HostObjects& objects);
bool matches(const std::vector<Pattern>& patterns, const std::vector<Val>& values,
             const HostObjects& objects);

// For people, in the words of to_string(Pattern); `like` says in which lanes to show a v128.
std::string to_string(const Val& value, const Pattern* like, const HostObjects& objects);
std::string to_string(const std::vector<Val>& values, const std::vector<Pattern>& like,
                      const HostObjects& objects);

}  // namespace weft::spectest
