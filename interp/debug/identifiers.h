// Names of the name section as identifiers of the text format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace weft::interp {

// As a string of the text format, in quotes. A name is UTF-8, and keeps its characters beyond
// ASCII.
std::string quoted_bytes(std::string_view bytes);
std::string quoted_name(std::string_view name);

// "$x", or "$\"x y\"" of a name with other characters. The name is UTF-8 and not empty.
std::string identifier_of(std::string_view name);

// The names of one index space, of a function's locals, or of a type's fields. Where several things
// have one name, the first of them has the identifier.
class Identifiers {
 public:
  void add(uint32_t index, std::string_view name);
  void clear();

  // Whether its definition has to stand alone, to be given its name.
  bool has(uint32_t index) const { return x_names.contains(index); }
  // As instructions refer to it: an identifier, or its index.
  std::string reference(uint32_t index) const;
  // As its definition begins: an identifier, or a @name annotation.
  std::string definition(uint32_t index) const;
  // The same, with the index as a comment if there is no identifier.
  std::string numbered_definition(uint32_t index) const;

 private:
  struct Name {
    std::string_view text;
    bool is_identifier;
  };
  std::unordered_map<uint32_t, Name> x_names;
  std::unordered_set<std::string_view> x_taken;
};

}  // namespace weft::interp
