#include "interp/text/module_parser.h"

#include <utility>

namespace weft::interp {

using Kind = Token::Kind;

namespace {

size_t number_of(NameOf space) { return static_cast<size_t>(space); }

struct ItemWord {
  const char* word;
  NameOf space;
  ExternKind kind;
};
constexpr ItemWord kItems[] = {{"func", NameOf::Func, ExternKind::Func},
                               {"table", NameOf::Table, ExternKind::Table},
                               {"memory", NameOf::Memory, ExternKind::Memory},
                               {"global", NameOf::Global, ExternKind::Global},
                               {"tag", NameOf::Tag, ExternKind::Tag}};

const ItemWord* find_item(const Token& token) {
  for (const ItemWord& item : kItems) {
    if (token.is_keyword(item.word)) return &item;
  }
  return nullptr;
}

}  // namespace

std::vector<uint8_t> ModuleParser::run(std::string_view name) {
  if (!name.empty() && x_state.with_names()) x_state.names.module(name);
  const size_t begin = x_in.offset();
  survey();
  parse_types();
  x_in.seek(begin);
  while (x_in.ok() && !x_in.at(Kind::RightParen) && !x_in.at(Kind::End)) field();
  return x_in.ok() ? finish() : std::vector<uint8_t>();
}

// The first pass.

void ModuleParser::survey() {
  while (x_in.ok() && !x_in.at(Kind::RightParen) && !x_in.at(Kind::End)) survey_field();
}

void ModuleParser::survey_field() {
  if (x_in.take(Kind::CustomAnnotation)) return x_in.skip_to_close();
  if (!x_in.at(Kind::LeftParen)) return x_in.unexpected("a module field");
  const size_t begin = x_in.offset();
  x_in.advance();
  if (x_in.at_keyword("type") || x_in.at_keyword("rec")) {
    x_type_fields.push_back(begin);
    survey_types();
  } else if (x_in.take_keyword("import")) {
    return survey_import();
  } else if (const ItemWord* const item = find_item(x_in.token())) {
    x_in.advance();
    survey_item(item->space);
    const Token at = x_in.token();
    while (x_in.take_open("export")) x_in.skip_to_close();
    if (x_in.at_open("import")) {
      if (x_definition) {
        return x_in.fail(at, std::string("import after ") + x_definition);
      }
    } else {
      x_definition = item->space == NameOf::Func ? "function" : item->word;
      survey_inline_segment(item->space);
    }
  } else if (x_in.take_keyword("elem")) {
    survey_item(NameOf::Elem);
  } else if (x_in.take_keyword("data")) {
    survey_item(NameOf::Data);
  } else if (!x_in.at_keyword("export") && !x_in.at_keyword("start")) {
    return x_in.unexpected("a module field");
  }
  x_in.skip_to_close();
}

uint32_t ModuleParser::survey_item(NameOf space) {
  const uint32_t index = x_counts[number_of(space)]++;
  const Identifier identifier = x_state.identifier(space);
  x_state.define(space, identifier, index);
  x_state.name(space, index, identifier.name);
  return index;
}

void ModuleParser::survey_import() {
  const Token at = x_in.token();
  x_state.string();
  x_state.string();
  if (x_definition) x_in.fail(at, std::string("import after ") + x_definition);
  x_in.expect(Kind::LeftParen, "(");
  const ItemWord* const item = find_item(x_in.token());
  if (!item) return x_in.unexpected("func, table, memory, global or tag");
  x_in.advance();
  survey_item(item->space);
  x_in.skip_to_close();
  x_in.skip_to_close();
}

// Identifiers of types. Those of fields come when the types are read.
void ModuleParser::survey_types() {
  const auto type = [&] {
    x_in.advance();
    const Identifier identifier = x_state.identifier(NameOf::Type);
    x_state.define(NameOf::Type, identifier, x_counts[number_of(NameOf::Type)]++);
  };
  if (x_in.at_keyword("type")) return type();
  x_in.advance();
  while (x_in.at_open("type")) {
    x_in.advance();
    type();
    x_in.skip_to_close();
  }
}

// (table ... (elem ...)) and (memory ... (data ...)) are two items each.
void ModuleParser::survey_inline_segment(NameOf space) {
  if (space != NameOf::Table && space != NameOf::Memory) return;
  const NameOf segment = space == NameOf::Table ? NameOf::Elem : NameOf::Data;
  while (x_in.ok() && !x_in.at(Kind::RightParen) && !x_in.at(Kind::End)) {
    if (x_in.at_open(segment == NameOf::Elem ? "elem" : "data")) ++x_counts[number_of(segment)];
    if (!x_in.take(Kind::LeftParen)) {
      x_in.advance();
    } else {
      x_in.skip_to_close();
    }
  }
}

void ModuleParser::parse_types() {
  for (const size_t begin : x_type_fields) {
    x_in.seek(begin);
    x_in.advance();
    if (x_in.take_keyword("rec")) {
      x_types.rec_definition();
    } else {
      x_in.advance();
      x_types.type_definition();
    }
  }
}

// The second pass.

void ModuleParser::field() {
  if (x_in.at(Kind::CustomAnnotation)) return custom();
  x_in.expect(Kind::LeftParen, "a module field");
  const Token word = x_in.token();
  x_in.advance();
  if (word.is_keyword("func")) return func();
  if (word.is_keyword("type") || word.is_keyword("rec")) return x_in.skip_to_close();
  if (word.is_keyword("import")) return import();
  if (word.is_keyword("table")) return table();
  if (word.is_keyword("memory")) return memory();
  if (word.is_keyword("global")) return global();
  if (word.is_keyword("tag")) return tag();
  if (word.is_keyword("export")) return export_();
  if (word.is_keyword("start")) return start();
  if (word.is_keyword("elem")) return elem();
  data();
}

// Its identifier is known.
uint32_t ModuleParser::next_item(NameOf space) {
  x_state.identifier(space);
  return x_next[number_of(space)]++;
}

void ModuleParser::import() {
  Writer& out = x_imports.next();
  out.name(x_state.string());
  out.name(x_state.string());
  x_in.expect(Kind::LeftParen, "(");
  const ItemWord* const item = find_item(x_in.token());
  if (!item) return x_in.unexpected("func, table, memory, global or tag");
  x_in.advance();
  next_item(item->space);
  import_type(item->kind);
  x_in.close();
  x_in.close();
}

void ModuleParser::import_type(ExternKind kind) {
  Writer& out = x_imports.contents;
  out.byte(static_cast<uint8_t>(kind));
  switch (kind) {
    case ExternKind::Func: {
      // Its parameters may have names.
      x_instrs.begin(x_next[number_of(NameOf::Func)] - 1);
      return out.u32(x_types.resolve(x_types.type_use(&x_instrs.locals())));
    }
    case ExternKind::Table:
      return table_type(out);
    case ExternKind::Memory:
      return x_types.memory_type(out, x_types.index_type());
    case ExternKind::Global:
      return x_types.global_type(out);
    case ExternKind::Tag:
      return tag_type(out);
  }
}

void ModuleParser::inline_exports(ExternKind kind, uint32_t index) {
  while (x_in.take_open("export")) {
    Writer& out = x_exports.next();
    out.name(x_state.string());
    out.byte(static_cast<uint8_t>(kind));
    out.u32(index);
    x_in.close();
  }
}

// (import "module" "name") inside of a definition, which then ends with a type.
bool ModuleParser::inline_import(ExternKind kind) {
  if (!x_in.take_open("import")) return false;
  Writer& out = x_imports.next();
  out.name(x_state.string());
  out.name(x_state.string());
  x_in.close();
  import_type(kind);
  x_in.close();
  return true;
}

void ModuleParser::func() {
  const uint32_t index = next_item(NameOf::Func);
  inline_exports(ExternKind::Func, index);
  if (inline_import(ExternKind::Func)) return;
  x_instrs.begin(index);
  const TypeUse use = x_types.type_use(&x_instrs.locals());
  x_funcs.next().u32(x_types.resolve(use));
  func_body(index, use.params);
  x_in.close();
}

void ModuleParser::func_body(uint32_t func, uint32_t params) {
  x_body.clear();
  Writer locals;
  uint32_t groups = 0;
  uint32_t count = params;
  uint32_t run = 0;
  ValType last;
  const auto end_run = [&] {
    if (run == 0) return;
    ++groups;
    locals.u32(run);
    x_types.write(locals, last);
  };
  while (x_in.take_open("local")) {
    x_types.declarations(&x_instrs.locals(), count, [&](ValType type) {
      if (type != last) {
        end_run();
        run = 0;
        last = type;
      }
      ++run;
    });
  }
  end_run();
  x_body.u32(groups);
  x_body.bytes(locals.view());
  x_instrs.expression(x_body);
  x_codes.next().sized(x_body);
  branch_hints(func);
}

void ModuleParser::branch_hints(uint32_t func) {
  if (x_instrs.hints().empty()) return;
  Writer& out = x_hints.next();
  out.u32(func);
  out.u32(static_cast<uint32_t>(x_instrs.hints().size()));
  for (const BranchHint& hint : x_instrs.hints()) {
    out.u32(hint.offset);
    out.u32(1);
    out.byte(hint.likely);
  }
}

void ModuleParser::table_type(Writer& out) {
  const TypeParser::Limits limits = x_types.limits(x_types.index_type());
  x_types.write(out, x_types.ref_type());
  x_types.write_limits(out, limits);
}

void ModuleParser::table() {
  const uint32_t index = next_item(NameOf::Table);
  inline_exports(ExternKind::Table, index);
  if (inline_import(ExternKind::Table)) return;
  x_instrs.begin(std::nullopt);
  const IndexType index_type = x_types.index_type();
  if (!x_in.at(Kind::Number)) return inline_elem(index, index_type);
  const TypeParser::Limits limits = x_types.limits(index_type);
  const ValType type = x_types.ref_type();
  Writer& out = x_tables.next();
  const bool has_init = !x_in.at(Kind::RightParen);
  if (has_init) {
    out.byte(kTableWithInit);
    out.byte(0);
  }
  x_types.write(out, type);
  x_types.write_limits(out, limits);
  if (has_init) x_instrs.expression(out);
  x_in.close();
}

void ModuleParser::inline_elem(uint32_t table, IndexType index) {
  const ValType type = x_types.ref_type();
  if (!x_in.take_open("elem")) return x_in.unexpected("(elem");
  ++x_next[number_of(NameOf::Elem)];
  Writer where;
  where.u32(table);
  zero_offset(where, index);
  const uint32_t count =
      elem_segment(x_elems.next(), kSegmentExplicitIndex, where, type, x_in.at(Kind::LeftParen));
  x_in.close();
  x_in.close();
  Writer& out = x_tables.next();
  x_types.write(out, type);
  x_types.write_limits(out, {.index = index, .min = count, .max = count});
}

void ModuleParser::memory() {
  const uint32_t index = next_item(NameOf::Memory);
  inline_exports(ExternKind::Memory, index);
  if (inline_import(ExternKind::Memory)) return;
  const IndexType index_type = x_types.index_type();
  if (!x_in.at(Kind::Number) && (x_in.at_open("data") || x_in.at_open("pagesize"))) {
    const std::optional<uint32_t> page_bytes_log2 = x_types.page_size();
    if (!x_in.take_open("data")) return x_in.unexpected("(data");
    return inline_data(index, index_type, page_bytes_log2);
  }
  x_types.memory_type(x_memories.next(), index_type);
  x_in.close();
}

void ModuleParser::inline_data(uint32_t memory, IndexType index,
                               std::optional<uint32_t> page_bytes_log2) {
  const std::string_view bytes = data_strings();
  x_in.close();
  x_in.close();
  const uint32_t shift = page_bytes_log2.value_or(kPageBytesLog2);
  const uint64_t pages = (bytes.size() + ((uint64_t{1} << shift) - 1)) >> shift;
  x_types.write_limits(x_memories.next(), {.index = index, .min = pages, .max = pages}, false,
                       page_bytes_log2);
  ++x_next[number_of(NameOf::Data)];
  Writer& out = x_datas.next();
  out.u32(memory == 0 ? 0 : kSegmentExplicitIndex);
  if (memory != 0) out.u32(memory);
  zero_offset(out, index);
  out.sized(bytes);
}

void ModuleParser::zero_offset(Writer& out, IndexType index) {
  const Opcode constant = index == IndexType::I64 ? Opcode::I64Const : Opcode::I32Const;
  out.byte(static_cast<uint8_t>(info(constant).code));
  out.s64(0);
  out.byte(static_cast<uint8_t>(info(Opcode::End).code));
}

void ModuleParser::global() {
  const uint32_t index = next_item(NameOf::Global);
  inline_exports(ExternKind::Global, index);
  if (inline_import(ExternKind::Global)) return;
  x_instrs.begin(std::nullopt);
  Writer& out = x_globals.next();
  x_types.global_type(out);
  x_instrs.expression(out);
  x_in.close();
}

void ModuleParser::tag_type(Writer& out) {
  out.byte(0);
  Locals params;
  out.u32(x_types.resolve(x_types.type_use(&params)));
}

void ModuleParser::tag() {
  const uint32_t index = next_item(NameOf::Tag);
  inline_exports(ExternKind::Tag, index);
  if (inline_import(ExternKind::Tag)) return;
  tag_type(x_tags.next());
  x_in.close();
}

void ModuleParser::export_() {
  Writer& out = x_exports.next();
  out.name(x_state.string());
  x_in.expect(Kind::LeftParen, "(");
  const ItemWord* const item = find_item(x_in.token());
  if (!item) return x_in.unexpected("func, table, memory, global or tag");
  x_in.advance();
  out.byte(static_cast<uint8_t>(item->kind));
  out.u32(x_state.index(item->space));
  x_in.close();
  x_in.close();
}

void ModuleParser::start() {
  if (x_start) return x_in.fail(x_in.token(), "multiple start sections");
  x_start = x_state.index(NameOf::Func);
  x_in.close();
}

// (offset ...), or one instruction.
void ModuleParser::offset(Writer& out) {
  x_instrs.begin(std::nullopt);
  if (!x_in.take_open("offset")) return x_instrs.folded_expression(out);
  x_instrs.expression(out);
  x_in.close();
}

void ModuleParser::elem() {
  next_item(NameOf::Elem);
  Writer& out = x_elems.next();
  uint32_t flags = kSegmentNotActive;
  std::optional<uint32_t> table;
  Writer where;
  bool has_funcs = false;  // without the word
  if (x_in.take_keyword("declare")) {
    flags |= kSegmentExplicitIndex;
  } else if (x_in.at(Kind::Number) || (x_in.at(Kind::LeftParen) && !x_types.at_ref_type())) {
    flags = 0;
    table = segment_target("table", NameOf::Table, has_funcs);
    offset(where);
  }
  const bool exprs = x_types.at_ref_type();
  const ValType type = exprs ? x_types.ref_type() : kFuncRef;
  if (!exprs && !x_in.take_keyword("func") && !has_funcs) {
    return x_in.unexpected("func or a reference type");
  }
  if (flags == 0 && (table || type != kFuncRef)) {
    // Only this form of an active segment has a type.
    flags = kSegmentExplicitIndex;
    Writer with_table;
    with_table.u32(table.value_or(0));
    with_table.bytes(where.view());
    where = std::move(with_table);
  }
  elem_segment(out, flags, where, type, exprs);
  x_in.close();
}

// The table or memory of an active segment. The first version named it by a bare index, and then,
// as without one, the elements have no word before them.
std::optional<uint32_t> ModuleParser::segment_target(std::string_view word, NameOf space,
                                                     bool& first_version) {
  first_version = true;
  if (x_in.at(Kind::Number)) return x_state.index(space);
  if (!x_in.take_open(word)) return std::nullopt;
  first_version = false;
  const uint32_t index = x_state.index(space);
  x_in.close();
  return index;
}

// What follows up to the end are functions or expressions.
uint32_t ModuleParser::elem_segment(Writer& out, uint32_t flags, const Writer& where, ValType type,
                                    bool exprs) {
  // What a list of functions can't say is said by expressions.
  const bool written_exprs = exprs || type != kFuncRef;
  Writer items;
  uint32_t count = 0;
  x_instrs.begin(std::nullopt);
  for (; x_in.ok() && !x_in.at(Kind::RightParen); ++count) {
    if (!exprs) {
      if (written_exprs) items.byte(static_cast<uint8_t>(info(Opcode::RefFunc).code));
      items.u32(x_state.index(NameOf::Func));
      if (written_exprs) items.byte(static_cast<uint8_t>(info(Opcode::End).code));
    } else if (x_in.take_open("item")) {
      x_instrs.expression(items);
      x_in.close();
    } else {
      x_instrs.folded_expression(items);
    }
  }
  out.u32(flags | (written_exprs ? kSegmentExprs : 0));
  out.bytes(where.view());
  if (flags != 0) {
    if (written_exprs) {
      x_types.write(out, type);
    } else {
      out.byte(0);
    }
  }
  out.u32(count);
  out.bytes(items.view());
  return count;
}

void ModuleParser::data() {
  next_item(NameOf::Data);
  Writer& out = x_datas.next();
  if (x_in.at(Kind::String) || x_in.at(Kind::RightParen)) {
    out.u32(kSegmentNotActive);
  } else {
    bool first_version = false;
    const uint32_t memory = segment_target("memory", NameOf::Memory, first_version).value_or(0);
    out.u32(memory == 0 ? 0 : kSegmentExplicitIndex);
    if (memory != 0) out.u32(memory);
    offset(out);
  }
  out.sized(data_strings());
  x_in.close();
}

// Until the next call.
std::string_view ModuleParser::data_strings() {
  x_bytes.clear();
  for (; x_in.at(Kind::String); x_in.advance()) x_in.append_string(x_in.token(), x_bytes);
  return x_bytes;
}

}  // namespace weft::interp
