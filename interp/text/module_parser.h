// A module's fields (Spec 3.0, 6.6 "Modules"). They are read in two passes: the first learns the
// identifiers, which may be used before they are given, and passes over everything else at the
// speed of a search for parentheses; between them come the types.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "interp/core/types.h"
#include "interp/text/assemble.h"
#include "interp/text/instr_parser.h"
#include "interp/text/parse_state.h"
#include "interp/text/type_parser.h"

namespace weft::interp {

class ModuleParser {
 public:
  ModuleParser(Lexer& in, const AssembleOptions& options)
      : x_in(in), x_state(in, options.names), x_types(x_state), x_instrs(x_state, x_types) {}

  Identifier identifier() { return x_state.identifier(NameOf::Module); }
  // From the first field to the parenthesis that closes the module, or the text's end.
  std::vector<uint8_t> run(std::string_view name);

 private:
  // A section of items under construction.
  struct Items {
    Writer contents;
    uint32_t count = 0;
    Writer& next() {
      ++count;
      return contents;
    }
  };
  struct Custom {
    size_t place;  // see custom_place()
    std::string_view name;
    std::string bytes;
  };
  // First pass.
  void survey();
  void survey_field();
  void survey_import();
  void survey_types();
  uint32_t survey_item(NameOf space);
  void survey_inline_segment(NameOf space);
  void parse_types();

  // Second pass.
  void field();
  uint32_t next_item(NameOf space);
  void import();
  void func();
  void table();
  void memory();
  void global();
  void tag();
  void export_();
  void start();
  void elem();
  void data();
  void custom();
  void func_body(uint32_t func, uint32_t params);
  void inline_exports(ExternKind kind, uint32_t index);
  bool inline_import(ExternKind kind);
  void import_type(ExternKind kind);
  void table_type(Writer& out);
  void tag_type(Writer& out);
  std::optional<uint32_t> segment_target(std::string_view word, NameOf space, bool& first_version);
  uint32_t elem_segment(Writer& out, uint32_t flags, const Writer& where, ValType type, bool exprs);
  void inline_elem(uint32_t table, IndexType index);
  void inline_data(uint32_t memory, IndexType index, std::optional<uint32_t> page_bytes_log2);
  void offset(Writer& out);
  void zero_offset(Writer& out, IndexType index);
  std::string_view data_strings();
  void branch_hints(uint32_t func);
  size_t custom_place();

  std::vector<uint8_t> finish();
  void write_section(Writer& out, SectionId id);
  void write_items(Writer& out, SectionId id, const Items& items);
  void write_customs(Writer& out, size_t place);

  Lexer& x_in;
  ParseState x_state;
  TypeParser x_types;
  InstrParser x_instrs;

  std::vector<size_t> x_type_fields;  // where they begin in the text
  std::array<uint32_t, kNameKinds> x_counts{};
  std::array<uint32_t, kNameKinds> x_next{};  // in the second pass
  const char* x_definition = nullptr;         // the latest that no import may follow

  Items x_imports, x_funcs, x_tables, x_memories, x_tags, x_globals, x_exports, x_elems, x_codes,
      x_datas, x_hints;
  std::optional<uint32_t> x_start;
  std::vector<Custom> x_customs;
  Writer x_body;
  std::string x_bytes;
};

}  // namespace weft::interp
