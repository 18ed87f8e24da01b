// Types as text (Spec 3.0, 6.4 "Types"), and the type uses that add some.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "interp/core/types.h"
#include "interp/text/parse_state.h"

namespace weft::interp {

struct TypeUse {
  std::optional<uint32_t> index;  // as (type x) gives it
  bool has_signature = false;     // parameters or results are given
  uint32_t params = 0;
  uint32_t results = 0;
  // Parameters and results as encoded; until the parser reads the next one.
  std::string_view signature;
};

// What (param ...) and (local ...) may give names to.
struct Locals {
  NameMap ids;
  std::optional<uint32_t> func;  // in a type definition names mean nothing
};

class TypeParser {
 public:
  explicit TypeParser(ParseState& state) : x_state(state), x_in(state.in) {}

  bool at_val_type();
  bool at_ref_type();
  ValType val_type();
  ValType ref_type();
  HeapType heap_type();
  void write(Writer& out, ValType type) const;
  void write(Writer& out, HeapType type) const;

  // (type x)? (param ...)* (result ...)*. `locals`: parameters may have identifiers, which it gets.
  TypeUse type_use(Locals* locals);
  // The type that it stands for, which may be added for it.
  uint32_t resolve(const TypeUse& use);
  // (local ...) or (param ...) behind its word, up to its end: each type is handed to `each`.
  template <class Each>
  void declarations(Locals* locals, uint32_t& count, Each&& each);

  // The limits of a memory or table, which `flags` describes besides.
  struct Limits {
    IndexType index = IndexType::I32;
    uint64_t min = 0;
    std::optional<uint64_t> max;
  };
  IndexType index_type();
  Limits limits(IndexType index);
  void memory_type(Writer& out, IndexType index);
  void write_limits(Writer& out, const Limits& limits, bool shared = false,
                    std::optional<uint32_t> page_bytes_log2 = std::nullopt);
  // (pagesize n), if that is next.
  std::optional<uint32_t> page_size();
  void global_type(Writer& out);

  // A field (type ...) or (rec ...) behind its word, up to and with its end.
  void type_definition();
  void rec_definition();

 private:
  void sub_type();
  void composite_type(bool plain);
  void field_type(Writer& out);
  void struct_fields(Writer& out, uint32_t& count);
  void signature(Locals* locals, TypeUse& use);

  ParseState& x_state;
  Lexer& x_in;
  Writer x_params;
  Writer x_results;
  Writer x_signature;
  bool x_in_rec = false;
};

template <class Each>
void TypeParser::declarations(Locals* locals, uint32_t& count, Each&& each) {
  if (locals && (x_in.at(Token::Kind::Id) || x_in.at(Token::Kind::NameAnnotation))) {
    // With a name there is one type.
    const Identifier identifier = x_state.identifier(NameOf::Local);
    if (locals->func) {
      x_state.name(NameOf::Local, *locals->func, count, identifier.name);
      const bool is_new = identifier.id.empty() || locals->ids.insert(identifier.id, count).second;
      if (!is_new) x_in.fail(identifier.at, "duplicate local");
    }
    each(val_type());
    ++count;
  } else {
    for (; x_in.ok() && !x_in.at(Token::Kind::RightParen); ++count) each(val_type());
  }
  x_in.close();
}

}  // namespace weft::interp
