#include "interp/text/type_parser.h"

#include <bit>
#include <string>

namespace weft::interp {
namespace {

struct HeapWord {
  std::string_view word;
  std::string_view ref;  // short for (ref null word)
  HeapType::Abstract type;
};
constexpr HeapWord kHeapWords[] = {
    {"any", "anyref", HeapType::Any},          {"eq", "eqref", HeapType::Eq},
    {"i31", "i31ref", HeapType::I31},          {"struct", "structref", HeapType::Struct},
    {"array", "arrayref", HeapType::Array},    {"none", "nullref", HeapType::None},
    {"func", "funcref", HeapType::Func},       {"nofunc", "nullfuncref", HeapType::NoFunc},
    {"extern", "externref", HeapType::Extern}, {"noextern", "nullexternref", HeapType::NoExtern},
    {"exn", "exnref", HeapType::Exn},          {"noexn", "nullexnref", HeapType::NoExn},
};

std::optional<ValType> short_ref_type(const Token& token) {
  if (!token.is(Token::Kind::Keyword)) return std::nullopt;
  for (const HeapWord& row : kHeapWords) {
    if (token.text == row.ref) return ValType::ref(row.type, true);
  }
  return std::nullopt;
}

std::optional<ValType> number_type(const Token& token) {
  if (!token.is(Token::Kind::Keyword)) return std::nullopt;
  const std::string_view word = token.text;
  if (word == "i32") return ValType::I32;
  if (word == "i64") return ValType::I64;
  if (word == "f32") return ValType::F32;
  if (word == "f64") return ValType::F64;
  if (word == "v128") return ValType::V128;
  return std::nullopt;
}

// Beyond these a HeapType can't hold an index, nor does any engine take so many types.
constexpr uint32_t kMaxTypeIndex = 0xff'ff00;

}  // namespace

bool TypeParser::at_ref_type() {
  return x_in.at_open("ref") || short_ref_type(x_in.token()).has_value();
}

bool TypeParser::at_val_type() { return number_type(x_in.token()) || at_ref_type(); }

ValType TypeParser::val_type() {
  if (const std::optional<ValType> type = number_type(x_in.token())) {
    x_in.advance();
    return *type;
  }
  if (!at_ref_type()) {
    x_in.unexpected("a value type");
    return {};
  }
  return ref_type();
}

ValType TypeParser::ref_type() {
  if (const std::optional<ValType> type = short_ref_type(x_in.token())) {
    x_in.advance();
    return *type;
  }
  if (!x_in.take_open("ref")) {
    x_in.unexpected("a reference type");
    return {};
  }
  const bool nullable = x_in.take_keyword("null");
  const HeapType heap = heap_type();
  x_in.close();
  return ValType::ref(heap, nullable);
}

HeapType TypeParser::heap_type() {
  if (x_state.at_index()) {
    const Token at = x_in.token();
    const uint32_t index = x_state.index(NameOf::Type);
    if (index > kMaxTypeIndex) x_in.fail(at, "unknown type");
    return x_in.ok() ? HeapType::of_index(index) : HeapType::Any;
  }
  if (x_in.at(Token::Kind::Keyword)) {
    for (const HeapWord& row : kHeapWords) {
      if (x_in.take_keyword(row.word)) return row.type;
    }
  }
  x_in.unexpected("a heap type");
  return HeapType::Any;
}

void TypeParser::write(Writer& out, HeapType type) const {
  if (type.is_index()) {
    out.s64(type.index());
  } else {
    out.byte(static_cast<uint8_t>(type.abstract()));
  }
}

void TypeParser::write(Writer& out, ValType type) const {
  if (!type.is_ref()) return out.byte(type.kind());
  if (type.is_nullable() && !type.heap().is_index()) return write(out, type.heap());
  out.byte(type.kind());
  write(out, type.heap());
}

void TypeParser::signature(Locals* locals, TypeUse& use) {
  x_params.clear();
  x_results.clear();
  while (x_in.take_open("param")) {
    use.has_signature = true;
    declarations(locals, use.params, [&](ValType type) { write(x_params, type); });
  }
  while (x_in.take_open("result")) {
    use.has_signature = true;
    declarations(nullptr, use.results, [&](ValType type) { write(x_results, type); });
  }
  x_signature.clear();
  x_signature.u32(use.params);
  x_signature.bytes(x_params.view());
  x_signature.u32(use.results);
  x_signature.bytes(x_results.view());
  use.signature = x_signature.view();
}

TypeUse TypeParser::type_use(Locals* locals) {
  TypeUse use;
  const Token at = x_in.token();
  if (x_in.take_open("type")) {
    use.index = x_state.index(NameOf::Type);
    x_in.close();
  }
  signature(locals, use);
  if (x_in.at_open("param")) x_in.unexpected("no parameters behind results");
  if (!use.index) return use;
  const TypeTable::Type* const type = x_state.types.find(*use.index);
  if (use.has_signature && !type) {
    x_in.fail(at, "unknown type " + std::to_string(*use.index));
  } else if (use.has_signature && type->signature != use.signature) {
    x_in.fail(at, "inline function type is not that of type " + std::to_string(*use.index));
  } else if (type) {
    use.params = type->params;
  }
  return use;
}

uint32_t TypeParser::resolve(const TypeUse& use) {
  return use.index ? *use.index : x_state.type_with(use.signature, use.params);
}

IndexType TypeParser::index_type() {
  if (x_in.take_keyword("i64")) return IndexType::I64;
  x_in.take_keyword("i32");
  return IndexType::I32;
}

TypeParser::Limits TypeParser::limits(IndexType index) {
  Limits result{.index = index, .min = x_state.unsigned_number(UINT64_MAX), .max = {}};
  if (x_in.at(Token::Kind::Number)) result.max = x_state.unsigned_number(UINT64_MAX);
  return result;
}

void TypeParser::write_limits(Writer& out, const Limits& limits, bool shared,
                              std::optional<uint32_t> page_bytes_log2) {
  uint8_t flags = limits.max ? kLimitsMax : 0;
  if (shared) flags |= kLimitsShared;
  if (limits.index == IndexType::I64) flags |= kLimits64;
  if (page_bytes_log2) flags |= kLimitsPageSize;
  out.byte(flags);
  out.u64(limits.min);
  if (limits.max) out.u64(*limits.max);
  if (page_bytes_log2) out.u32(*page_bytes_log2);
}

std::optional<uint32_t> TypeParser::page_size() {
  if (!x_in.take_open("pagesize")) return std::nullopt;
  const Token at = x_in.token();
  const uint64_t size = x_state.unsigned_number(UINT32_MAX);
  if (x_in.ok() && !std::has_single_bit(size)) x_in.fail(at, "invalid custom page size");
  x_in.close();
  return static_cast<uint32_t>(std::countr_zero(size));
}

void TypeParser::memory_type(Writer& out, IndexType index) {
  const Limits sizes = limits(index);
  const bool shared = x_in.take_keyword("shared");
  write_limits(out, sizes, shared, page_size());
}

void TypeParser::global_type(Writer& out) {
  const bool is_mutable = x_in.take_open("mut");
  write(out, val_type());
  if (is_mutable) x_in.close();
  out.byte(is_mutable);
}

void TypeParser::type_definition() {
  const Identifier identifier = x_state.identifier(NameOf::Type);
  x_state.name(NameOf::Type, x_state.types.size(), identifier.name);
  sub_type();
  x_in.close();
  if (!x_in_rec) ++x_state.rec_types;
}

void TypeParser::rec_definition() {
  // The number of types comes before them.
  Writer outer = std::move(x_state.type_section);
  x_state.type_section = {};
  const uint32_t first = x_state.types.size();
  x_in_rec = true;
  while (x_in.take_open("type")) type_definition();
  x_in_rec = false;
  x_in.close();
  ++x_state.rec_types;
  outer.byte(kRecType);
  outer.u32(x_state.types.size() - first);
  outer.bytes(x_state.type_section.view());
  x_state.type_section = std::move(outer);
}

void TypeParser::sub_type() {
  Writer& out = x_state.type_section;
  if (!x_in.take_open("sub")) return composite_type(!x_in_rec);
  const bool is_final = x_in.take_keyword("final");
  Writer supers;
  uint32_t count = 0;
  for (; x_state.at_index(); ++count) supers.u32(x_state.index(NameOf::Type));
  const bool plain = is_final && count == 0;
  if (!plain) {
    out.byte(is_final ? kSubFinalType : kSubType);
    out.u32(count);
    out.bytes(supers.view());
  }
  composite_type(plain && !x_in_rec);
  x_in.close();
}

void TypeParser::composite_type(bool plain) {
  Writer& out = x_state.type_section;
  if (x_in.take_open("func")) {
    TypeUse use;
    Locals params;
    signature(&params, use);
    out.byte(kFuncType);
    out.bytes(use.signature);
    x_state.types.add({x_in.keep(std::string(use.signature)), use.params}, plain);
  } else if (x_in.take_open("struct")) {
    Writer fields;
    uint32_t count = 0;
    while (x_in.take_open("field")) struct_fields(fields, count);
    out.byte(kStructType);
    out.u32(count);
    out.bytes(fields.view());
    x_state.types.add({}, false);
  } else if (x_in.take_open("array")) {
    out.byte(kArrayType);
    field_type(out);
    x_state.types.add({}, false);
  } else {
    return x_in.unexpected("func, struct or array");
  }
  x_in.close();
}

void TypeParser::struct_fields(Writer& out, uint32_t& count) {
  if (x_in.at(Token::Kind::Id) || x_in.at(Token::Kind::NameAnnotation)) {
    x_state.define_field(x_state.types.size(), x_state.identifier(NameOf::Field), count++);
    field_type(out);
  } else {
    for (; x_in.ok() && !x_in.at(Token::Kind::RightParen); ++count) field_type(out);
  }
  x_in.close();
}

void TypeParser::field_type(Writer& out) {
  const bool is_mutable = x_in.take_open("mut");
  if (x_in.take_keyword("i8")) {
    out.byte(kPackedI8);
  } else if (x_in.take_keyword("i16")) {
    out.byte(kPackedI16);
  } else {
    write(out, val_type());
  }
  if (is_mutable) x_in.close();
  out.byte(is_mutable);
}

}  // namespace weft::interp
