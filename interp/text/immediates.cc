// Immediates of instructions.

#include <algorithm>
#include <bit>
#include <iterator>
#include <string>

#include "interp/text/instr_parser.h"
#include "interp/text/literals.h"

namespace weft::interp {

using Kind = Token::Kind;

void InstrParser::write(Writer& out, Opcode opcode) {
  const InstrInfo row = info(opcode);
  if (row.prefix == 0) return out.byte(static_cast<uint8_t>(row.code));
  out.byte(row.prefix);
  out.u32(row.code);
}

// An instruction behind its word that opens no block and uses no function type.
void InstrParser::instr(Writer& out, Opcode opcode) {
  switch (opcode) {
    case Opcode::Select:
      return select(out);
    case Opcode::RefTest:
    case Opcode::RefCast:
      return cast(out, opcode);
    default:
      write(out, opcode);
      return immediate(out, info(opcode).immediate, opcode);
  }
}

void InstrParser::immediate(Writer& out, Imm kind, Opcode opcode) {
  switch (kind) {
    case Imm::None:
      return;
    case Imm::LabelIdx:
      return out.u32(label());
    case Imm::LabelTable:
      return label_table(out);
    case Imm::FuncIdx:
      return out.u32(x_state.index(NameOf::Func));
    case Imm::TypeIdx:
      return out.u32(x_state.index(NameOf::Type));
    case Imm::LocalIdx: {
      const uint32_t* const local =
          x_in.at(Kind::Id) ? x_locals.ids.find(x_in.name_of(x_in.token())) : nullptr;
      if (!x_in.at(Kind::Id)) return out.u32(x_state.index(NameOf::Local));
      if (!local) return x_state.unknown(NameOf::Local, x_in.token());
      x_in.advance();
      return out.u32(*local);
    }
    case Imm::GlobalIdx:
      return out.u32(x_state.index(NameOf::Global));
    case Imm::TableIdx:
      return out.u32(x_state.index_or_zero(NameOf::Table));
    case Imm::MemIdx:
      return out.u32(x_state.index_or_zero(NameOf::Memory));
    case Imm::TagIdx:
      return out.u32(x_state.index(NameOf::Tag));
    case Imm::DataIdx:
      x_state.needs_data_count |= x_func.has_value();
      return out.u32(x_state.index(NameOf::Data));
    case Imm::ElemIdx:
      return out.u32(x_state.index(NameOf::Elem));
    case Imm::DataMem:
    case Imm::MemMem:
    case Imm::ElemTable:
    case Imm::TableTable:
    case Imm::TypeField:
    case Imm::TypeCount:
    case Imm::TypeData:
    case Imm::TypeElem:
    case Imm::TypeType:
      return indices(out, kind);
    case Imm::MemArg:
      return memarg(out, opcode, x_state.index_or_zero(NameOf::Memory));
    case Imm::MemArgLane:
      return memarg_lane(out, opcode);
    case Imm::Lane:
      return out.byte(lane());
    case Imm::Shuffle:
      return shuffle(out);
    case Imm::ZeroByte:
      return out.byte(0);
    case Imm::I32:
    case Imm::I64:
    case Imm::F32:
    case Imm::F64:
      return number(out, kind);
    case Imm::V128:
      return vector(out);
    case Imm::HeapType:
      return x_types.write(out, x_types.heap_type());
    case Imm::BrOnCast:
      return cast_branch(out);
    case Imm::BlockType:
    case Imm::TypeTable:
    case Imm::TryTable:
    case Imm::SelectTypes:
      return;  // not here: block(), call_indirect(), select()
  }
}

void InstrParser::label_table(Writer& out) {
  Writer labels;
  uint32_t count = 0;
  do {
    labels.u32(label());
    ++count;
  } while (x_state.at_index());
  out.u32(count - 1);
  out.bytes(labels.view());
}

// Two indices. Of some, the first may be left out, of others both.
void InstrParser::indices(Writer& out, Imm kind) {
  const auto both_or_none = [&](NameOf space) {
    const bool given = x_state.at_index();
    out.u32(given ? x_state.index(space) : 0);
    out.u32(given ? x_state.index(space) : 0);
  };
  const auto optional_first = [&](NameOf first, NameOf second) {
    const Token& ahead = x_in.ahead();
    const bool two = ahead.is(Kind::Number) || ahead.is(Kind::Id);
    const uint32_t index = two ? x_state.index(first) : 0;
    out.u32(x_state.index(second));
    out.u32(index);
  };
  const uint32_t type = kind >= Imm::TypeField ? x_state.index(NameOf::Type) : 0;
  if (kind >= Imm::TypeField) out.u32(type);
  switch (kind) {
    case Imm::DataMem:
      x_state.needs_data_count |= x_func.has_value();
      return optional_first(NameOf::Memory, NameOf::Data);
    case Imm::ElemTable:
      return optional_first(NameOf::Table, NameOf::Elem);
    case Imm::MemMem:
      return both_or_none(NameOf::Memory);
    case Imm::TableTable:
      return both_or_none(NameOf::Table);
    case Imm::TypeField:
      return out.u32(x_state.field_index(type));
    case Imm::TypeCount:
      return out.u32(static_cast<uint32_t>(x_state.unsigned_number(UINT32_MAX)));
    case Imm::TypeData:
      x_state.needs_data_count |= x_func.has_value();
      return out.u32(x_state.index(NameOf::Data));
    case Imm::TypeElem:
      return out.u32(x_state.index(NameOf::Elem));
    case Imm::TypeType:
      return out.u32(x_state.index(NameOf::Type));
    default:
      return;
  }
}

void InstrParser::number(Writer& out, Imm kind) {
  const bool worded = x_in.at(Kind::Number) || x_in.at(Kind::Keyword);
  const std::string_view text = worded ? x_in.token().text : std::string_view();
  uint64_t bits = 0;
  uint32_t bits32 = 0;
  switch (kind) {
    case Imm::I32:
      if (!x_state.check(read_integer(text, 32, bits), "an i32")) return;
      out.s64(static_cast<int32_t>(bits));
      break;
    case Imm::I64:
      if (!x_state.check(read_integer(text, 64, bits), "an i64")) return;
      out.s64(static_cast<int64_t>(bits));
      break;
    case Imm::F32:
      if (!x_state.check(read_f32(text, bits32), "an f32")) return;
      out.fixed(bits32, 4);
      break;
    default:
      if (!x_state.check(read_f64(text, bits), "an f64")) return;
      out.fixed(bits, 8);
      break;
  }
  x_in.advance();
}

void InstrParser::select(Writer& out) {
  if (!x_in.at_open("result")) return write(out, Opcode::Select);
  write(out, Opcode::SelectT);
  Writer types;
  uint32_t count = 0;
  while (x_in.take_open("result")) {
    x_types.declarations(nullptr, count, [&](ValType type) { x_types.write(types, type); });
  }
  out.u32(count);
  out.bytes(types.view());
}

void InstrParser::cast(Writer& out, Opcode opcode) {
  const ValType type = x_types.ref_type();
  if (!x_in.ok()) return;
  const Opcode nullable = opcode == Opcode::RefTest ? Opcode::RefTestNull : Opcode::RefCastNull;
  write(out, type.is_nullable() ? nullable : opcode);
  x_types.write(out, type.heap());
}

void InstrParser::cast_branch(Writer& out) {
  const uint32_t target = label();
  const ValType from = x_types.ref_type();
  const ValType to = x_types.ref_type();
  if (!x_in.ok()) return;
  out.byte(static_cast<uint8_t>(from.is_nullable() | to.is_nullable() << 1));
  out.u32(target);
  x_types.write(out, from.heap());
  x_types.write(out, to.heap());
}

void InstrParser::catches(Writer& out) {
  constexpr std::string_view kWords[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  Writer clauses;
  uint32_t count = 0;
  for (uint8_t kind = 0; kind < 4;) {
    if (!x_in.take_open(kWords[kind])) {
      ++kind;
      continue;
    }
    clauses.byte(kind);
    if (kind < 2) clauses.u32(x_state.index(NameOf::Tag));
    clauses.u32(label());
    x_in.close();
    ++count;
    kind = 0;
  }
  out.u32(count);
  out.bytes(clauses.view());
}

// The number in a word such as offset=8, if one with this beginning is next.
std::optional<uint64_t> InstrParser::assigned(std::string_view word) {
  if (!x_in.at(Kind::Keyword) || !x_in.token().text.starts_with(word)) return std::nullopt;
  uint64_t value = 0;
  const std::string_view number = x_in.token().text.substr(word.size());
  if (!x_state.check(read_unsigned(number, UINT64_MAX, value), "an unsigned integer")) {
    return std::nullopt;
  }
  x_in.advance();
  return value;
}

void InstrParser::memarg(Writer& out, Opcode opcode, uint32_t memory) {
  const uint64_t offset = assigned("offset=").value_or(0);
  const Token at = x_in.token();
  const uint64_t align = assigned("align=").value_or(access_bytes(opcode));
  if (!std::has_single_bit(align)) return x_in.fail(at, "alignment must be a power of two");
  const auto align_log2 = static_cast<uint32_t>(std::countr_zero(align));
  out.u32(memory == 0 ? align_log2 : align_log2 | kMemArgIndexFlag);
  if (memory != 0) out.u32(memory);
  out.u64(offset);
}

// Two numbers are a memory and a lane, one is a lane.
void InstrParser::memarg_lane(Writer& out, Opcode opcode) {
  const Token& ahead = x_in.ahead();
  const bool has_memory = x_state.at_index() && (ahead.is(Kind::Number) || ahead.is(Kind::Keyword));
  const bool assigns = ahead.text.starts_with("offset=") || ahead.text.starts_with("align=");
  const bool given = has_memory && (ahead.is(Kind::Number) || assigns);
  memarg(out, opcode, given ? x_state.index(NameOf::Memory) : 0);
  out.byte(lane());
}

uint8_t InstrParser::lane() {
  uint64_t value = 0;
  const Literal literal = read_unsigned(x_in.token().text, UINT8_MAX, value);
  if (literal == Literal::OutOfRange) {
    x_in.fail(x_in.token(), "malformed lane index", "at most 255");
  } else if (x_state.check(literal, "a lane index")) {
    x_in.advance();
  }
  return static_cast<uint8_t>(value);
}

void InstrParser::shuffle(Writer& out) {
  const auto at_number = [&] {
    return x_in.at(Kind::Number) || (x_in.at(Kind::Keyword) && is_number(x_in.token().text));
  };
  uint32_t count = 0;
  for (; at_number() && count < 16; ++count) {
    uint64_t value = 0;
    const Literal literal = read_unsigned(x_in.token().text, UINT8_MAX, value);
    if (literal == Literal::OtherKind) x_in.fail(x_in.token(), "malformed lane index");
    out.byte(lane());
  }
  if (count < 16 || at_number()) {
    x_in.fail(x_in.token(), "invalid lane length", "16 lane indices");
  }
}

void InstrParser::vector(Writer& out) {
  struct Shape {
    std::string_view word;
    uint32_t bits;
    bool is_float;
  };
  constexpr Shape kShapes[] = {{"i8x16", 8, false},  {"i16x8", 16, false}, {"i32x4", 32, false},
                               {"i64x2", 64, false}, {"f32x4", 32, true},  {"f64x2", 64, true}};
  const auto shape = std::ranges::find(kShapes, x_in.token().text, &Shape::word);
  if (shape == std::end(kShapes)) return x_in.unexpected("the shape of a vector");
  x_in.advance();
  const uint32_t lanes = 128 / shape->bits;
  std::optional<Token> out_of_range;  // said once it is known that their number is right
  uint32_t lane = 0;
  for (; lane < lanes && !x_in.at(Kind::LeftParen) && !x_in.at(Kind::RightParen); ++lane) {
    const std::string_view text = x_in.token().text;
    uint64_t bits = 0;
    uint32_t bits32 = 0;
    const Literal literal = !shape->is_float    ? read_integer(text, shape->bits, bits)
                            : shape->bits == 32 ? read_f32(text, bits32)
                                                : read_f64(text, bits);
    if (literal == Literal::OutOfRange) {
      if (!out_of_range) out_of_range = x_in.token();
    } else if (!x_state.check(literal, "a lane's value")) {
      return;
    }
    out.fixed(bits | bits32, shape->bits / 8);
    x_in.advance();
  }
  if (lane < lanes || x_in.at(Kind::Number)) {
    return x_in.fail(x_in.token(), "wrong number of lane literals", std::to_string(lanes).c_str());
  }
  if (out_of_range) x_in.fail(*out_of_range, "constant out of range", "a lane's value");
}

}  // namespace weft::interp
