#include "interp/debug/instr_printer.h"

#include <array>
#include <bit>
#include <span>
#include <utility>

#include "interp/core/float_text.h"
#include "interp/debug/body_reader.h"

namespace weft::interp {

namespace {

std::string number(uint64_t value) { return " " + std::to_string(value); }

std::string bytes_text(const V128& value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto bytes = std::bit_cast<std::array<uint8_t, 16>>(value);
  std::string text = " i8x16";
  for (const uint8_t byte : bytes) text += {' ', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

std::string lanes_text(const V128& value) {
  std::string text;
  for (const uint8_t lane : std::bit_cast<std::array<uint8_t, 16>>(value)) text += number(lane);
  return text;
}

class InstrPrinter {
 public:
  explicit InstrPrinter(const IndexNames& names) : x_names(names) {}

  std::string instr(Opcode opcode, const Immediate& immediate) const;
  std::string type(ValType type) const;

 private:
  std::string immediate(Opcode opcode, const Immediate& immediate) const;
  std::string index(NameOf space, uint32_t index) const { return " " + x_names.of(space, index); }
  // Of a memory or table: the first needs no mention.
  std::string main_or_index(NameOf space, uint32_t at) const {
    return at == 0 ? "" : index(space, at);
  }
  std::string both_or_none(NameOf space, const IndexPair& pair) const {
    return pair == IndexPair() ? "" : index(space, pair.first) + index(space, pair.second);
  }
  std::string type_use(uint32_t index) const {
    return " (type " + x_names.of(NameOf::Type, index) + ")";
  }
  std::string heap(HeapType heap) const {
    return heap.is_index() ? x_names.of(NameOf::Type, heap.index()) : to_string(heap);
  }
  std::string block(const BlockType& block) const;
  std::string memarg(Opcode opcode, const MemArg& memarg) const;
  std::string catches(std::span<const CatchClause> catches) const;

  const IndexNames& x_names;
};

std::string InstrPrinter::type(ValType type) const {
  if (!type.is_ref() || !type.heap().is_index()) return to_string(type);
  return (type.is_nullable() ? "(ref null " : "(ref ") + heap(type.heap()) + ")";
}

std::string InstrPrinter::block(const BlockType& block) const {
  switch (block.kind) {
    case BlockType::Kind::Empty:
      return {};
    case BlockType::Kind::Value:
      return " (result " + type(block.type) + ")";
    case BlockType::Kind::Index:
      break;
  }
  return type_use(block.index);
}

std::string InstrPrinter::memarg(Opcode opcode, const MemArg& memarg) const {
  std::string text = main_or_index(NameOf::Memory, memarg.memory);
  if (memarg.offset != 0) text += " offset=" + std::to_string(memarg.offset);
  const uint64_t align = uint64_t{1} << memarg.align_log2;
  if (align != access_bytes(opcode)) text += " align=" + std::to_string(align);
  return text;
}

std::string InstrPrinter::catches(std::span<const CatchClause> catches) const {
  constexpr std::string_view kNames[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  std::string text;
  for (const CatchClause& clause : catches) {
    text += " (" + std::string(kNames[static_cast<size_t>(clause.kind)]);
    if (clause.kind == CatchClause::Kind::Catch || clause.kind == CatchClause::Kind::CatchRef) {
      text += index(NameOf::Tag, clause.tag);
    }
    text += index(NameOf::Label, clause.label) + ")";
  }
  return text;
}

std::string InstrPrinter::immediate(Opcode opcode, const Immediate& immediate) const {
  const IndexPair& pair = immediate.index;
  switch (info(opcode).immediate) {
    case Imm::None:
    case Imm::ZeroByte:
      return {};
    case Imm::BlockType:
      return block(immediate.block);
    case Imm::LabelIdx:
      return index(NameOf::Label, pair.first);
    case Imm::FuncIdx:
      return index(NameOf::Func, pair.first);
    case Imm::TypeIdx:
      return index(NameOf::Type, pair.first);
    case Imm::LocalIdx:
      return index(NameOf::Local, pair.first);
    case Imm::GlobalIdx:
      return index(NameOf::Global, pair.first);
    case Imm::TagIdx:
      return index(NameOf::Tag, pair.first);
    case Imm::DataIdx:
      return index(NameOf::Data, pair.first);
    case Imm::ElemIdx:
      return index(NameOf::Elem, pair.first);
    case Imm::TableIdx:
      return main_or_index(NameOf::Table, pair.first);
    case Imm::MemIdx:
      return main_or_index(NameOf::Memory, pair.first);
    case Imm::LabelTable: {
      std::string text;
      for (const uint32_t label : immediate.labels) text += index(NameOf::Label, label);
      return text;
    }
    case Imm::TypeTable:
      return main_or_index(NameOf::Table, pair.second) + type_use(pair.first);
    case Imm::DataMem:
      return main_or_index(NameOf::Memory, pair.second) + index(NameOf::Data, pair.first);
    case Imm::ElemTable:
      return main_or_index(NameOf::Table, pair.second) + index(NameOf::Elem, pair.first);
    case Imm::MemMem:
      return both_or_none(NameOf::Memory, pair);
    case Imm::TableTable:
      return both_or_none(NameOf::Table, pair);
    case Imm::TypeField:
      return index(NameOf::Type, pair.first) + " " + x_names.field(pair.first, pair.second);
    case Imm::TypeCount:
      return index(NameOf::Type, pair.first) + number(pair.second);
    case Imm::TypeData:
      return index(NameOf::Type, pair.first) + index(NameOf::Data, pair.second);
    case Imm::TypeElem:
      return index(NameOf::Type, pair.first) + index(NameOf::Elem, pair.second);
    case Imm::TypeType:
      return index(NameOf::Type, pair.first) + index(NameOf::Type, pair.second);
    case Imm::MemArg:
      return memarg(opcode, immediate.memarg);
    case Imm::MemArgLane:
      return memarg(opcode, immediate.memarg) + number(immediate.lane);
    case Imm::Lane:
      return number(immediate.lane);
    case Imm::Shuffle:
      return lanes_text(immediate.v128);
    case Imm::I32:
      return " " + std::to_string(static_cast<int32_t>(immediate.bits));
    case Imm::I64:
      return " " + std::to_string(static_cast<int64_t>(immediate.bits));
    case Imm::F32:
      return " " + float_text(std::bit_cast<float>(static_cast<uint32_t>(immediate.bits)));
    case Imm::F64:
      return " " + float_text(std::bit_cast<double>(immediate.bits));
    case Imm::V128:
      return bytes_text(immediate.v128);
    case Imm::HeapType:
      return " " + heap(immediate.heap);
    case Imm::SelectTypes: {
      std::string text = " (result";
      for (const ValType result : immediate.types) text += " " + type(result);
      return text + ")";
    }
    case Imm::BrOnCast: {
      const CastBranch& cast = immediate.cast;
      return index(NameOf::Label, cast.label) + " " +
             type(ValType::ref(cast.from, cast.from_nullable)) + " " +
             type(ValType::ref(cast.to, cast.to_nullable));
    }
    case Imm::TryTable:
      return block(immediate.block) + catches(immediate.catches);
  }
  return {};
}

// Two instructions may share their first word in text, and differ in what follows.
std::string InstrPrinter::instr(Opcode opcode, const Immediate& immediate) const {
  switch (opcode) {
    case Opcode::RefTest:
    case Opcode::RefTestNull:
      return "ref.test " + type(ValType::ref(immediate.heap, opcode == Opcode::RefTestNull));
    case Opcode::RefCast:
    case Opcode::RefCastNull:
      return "ref.cast " + type(ValType::ref(immediate.heap, opcode == Opcode::RefCastNull));
    default:
      break;
  }
  const std::string_view word = opcode == Opcode::SelectT ? "select" : info(opcode).text;
  return std::string(word) + this->immediate(opcode, immediate);
}

}  // namespace

std::string print_instr(Opcode opcode, const Immediate& immediate, const IndexNames& names) {
  return InstrPrinter(names).instr(opcode, immediate);
}

std::string print_type(ValType type, const IndexNames& names) {
  return InstrPrinter(names).type(type);
}

std::vector<ListedInstr> list_function(const Module& module, uint32_t func) {
  BodyReader body(module, module.funcs[func].body);
  std::vector<ListedInstr> lines;
  auto local = static_cast<uint32_t>(module.func_type(func).params.size());
  body.locals([&](uint64_t offset, uint32_t count, ValType type) {
    if (count == 0) return;
    std::string range = std::to_string(local);
    if (count > 1) range += ".." + std::to_string(local + count - 1);
    std::string text = "local ";
    text.append(range).append(" ").append(to_string(type));
    lines.push_back({offset, 1, std::move(text)});
    local += count;
  });
  uint32_t depth = 1;
  for (BodyReader::Instr instr; body.next(instr);) {
    if (instr.opcode == Opcode::End && depth > 0) --depth;
    const uint32_t outdent = instr.opcode == Opcode::Else && depth > 0 ? 1 : 0;
    lines.push_back({instr.offset, depth - outdent, print_instr(instr.opcode, instr.immediate)});
    if (opens_block(instr.opcode)) ++depth;
  }
  return lines;
}

}  // namespace weft::interp
