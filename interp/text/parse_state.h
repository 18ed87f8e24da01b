// What the parts of the parser share: the tokens, the index spaces, and the sections that grow
// while the module's fields are read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "interp/core/binary_format.h"
#include "interp/text/lexer.h"
#include "interp/text/literals.h"
#include "interp/text/name_map.h"
#include "interp/text/writer.h"

namespace weft::interp {

// By their subsections' numbers: module items have an index space for each.
inline constexpr std::array<const char*, kNameKinds> kNameKindWords = {
    "module", "func",   "local", "label", "type",  "table",
    "memory", "global", "elem",  "data",  "field", "tag"};

// The name section under construction. Names come in the order of their indices.
class NameSectionWriter {
 public:
  void module(std::string_view name) { x_module = name; }
  void add(NameOf kind, uint32_t index, std::string_view name);
  // Of a local, label or field of `owner`.
  void add(NameOf kind, uint32_t owner, uint32_t index, std::string_view name);
  // The section's contents; empty without names.
  Writer take();

 private:
  struct Map {
    Writer entries;
    uint32_t count = 0;
    void add(uint32_t index, std::string_view name);
  };
  struct Indirect {
    Map current;
    uint32_t owner = 0;
    Writer maps;
    uint32_t count = 0;
    void flush();
  };
  std::optional<std::string_view> x_module;
  std::array<Map, kNameKinds> x_maps;
  std::array<Indirect, kNameKinds> x_indirect;
};

// The types of a module, explicit ones first: those that type uses add come behind them.
class TypeTable {
 public:
  struct Type {
    // Of a function type: parameters and results as encoded. Empty for others.
    std::string_view signature;
    uint32_t params = 0;
  };

  // How many there are so far.
  uint32_t size() const { return static_cast<uint32_t>(x_types.size()); }
  const Type* find(uint32_t index) const {
    return index < x_types.size() ? &x_types[index] : nullptr;
  }
  // `plain`: a type use without an index may mean it. The signature lives as long as the table.
  void add(const Type& type, bool plain);
  // The first plain function type with this signature.
  std::optional<uint32_t> find_plain(std::string_view signature);

 private:
  std::vector<Type> x_types;
  NameMap x_plain;
};

struct Identifier {
  std::string_view id;    // as references name it; empty if there is none
  std::string_view name;  // in the name section: what an annotation says, else the id
  Token at;
};

class ParseState {
 public:
  ParseState(Lexer& lexer, bool with_names) : in(lexer), x_with_names(with_names) {}

  Lexer& in;
  TypeTable types;
  Writer type_section;
  uint32_t rec_types = 0;
  NameSectionWriter names;
  bool needs_data_count = false;

  // An identifier, if one is next, and an annotation that names what it is of.
  Identifier identifier(NameOf kind);
  bool at_index() const { return in.at(Token::Kind::Number) || in.at(Token::Kind::Id); }
  // A number or an identifier.
  uint32_t index(NameOf space);
  // The same where it may be left out, for index 0.
  uint32_t index_or_zero(NameOf space) { return at_index() ? index(space) : 0; }
  uint32_t field_index(uint32_t type);
  // What an identifier that is known not to be a number names.
  void unknown(NameOf space, const Token& id);
  void define(NameOf space, const Identifier& identifier, uint32_t index);
  void define_field(uint32_t type, const Identifier& identifier, uint32_t index);
  void name(NameOf kind, uint32_t index, std::string_view name) {
    if (x_with_names && !name.empty()) names.add(kind, index, name);
  }
  void name(NameOf kind, uint32_t owner, uint32_t index, std::string_view name) {
    if (x_with_names && !name.empty()) names.add(kind, owner, index, name);
  }
  bool with_names() const { return x_with_names; }

  uint64_t unsigned_number(uint64_t max);
  // False if the literal is none, which then is an error.
  bool check(Literal literal, const char* expected);
  std::string_view string();

  // The section's index of a type with this signature, which is added if there is none.
  uint32_t type_with(std::string_view signature, uint32_t params);

 private:
  bool x_with_names;
  std::array<NameMap, kNameKinds> x_ids;
};

}  // namespace weft::interp
