#include "interp/debug/instr_printer.h"

#include <array>
#include <bit>
#include <utility>

#include "interp/core/float_text.h"
#include "interp/decode/reader.h"
#include "interp/decode/type_reader.h"

namespace weft::interp {

namespace {

std::string number(uint64_t value) { return " " + std::to_string(value); }

std::string block_text(const BlockType& block) {
  switch (block.kind) {
    case BlockType::Kind::Empty:
      return {};
    case BlockType::Kind::Value:
      return " (result " + to_string(block.type) + ")";
    case BlockType::Kind::Index:
      break;
  }
  return " (type " + std::to_string(block.index) + ")";
}

std::string memarg_text(const MemArg& memarg) {
  std::string text;
  if (memarg.memory != 0) text += number(memarg.memory);
  if (memarg.offset != 0) text += " offset=" + std::to_string(memarg.offset);
  return text;
}

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

std::string catches_text(std::span<const CatchClause> catches) {
  constexpr std::string_view kNames[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  std::string text;
  for (const CatchClause& clause : catches) {
    text += " (" + std::string(kNames[static_cast<size_t>(clause.kind)]);
    if (clause.kind == CatchClause::Kind::Catch || clause.kind == CatchClause::Kind::CatchRef) {
      text += number(clause.tag);
    }
    text += number(clause.label) + ")";
  }
  return text;
}

std::string immediate_text(Imm kind, const Immediate& immediate) {
  switch (kind) {
    case Imm::None:
    case Imm::ZeroByte:
      return {};
    case Imm::BlockType:
      return block_text(immediate.block);
    case Imm::LabelIdx:
    case Imm::FuncIdx:
    case Imm::TypeIdx:
    case Imm::LocalIdx:
    case Imm::GlobalIdx:
    case Imm::TagIdx:
    case Imm::DataIdx:
    case Imm::ElemIdx:
      return number(immediate.index.first);
    case Imm::TableIdx:
    case Imm::MemIdx:
      return immediate.index.first == 0 ? "" : number(immediate.index.first);
    case Imm::LabelTable: {
      std::string text;
      for (const uint32_t label : immediate.labels) text += number(label);
      return text;
    }
    case Imm::TypeTable: {
      const std::string type = " (type " + std::to_string(immediate.index.first) + ")";
      return (immediate.index.second == 0 ? "" : number(immediate.index.second)) + type;
    }
    case Imm::DataMem:
    case Imm::MemMem:
    case Imm::ElemTable:
    case Imm::TableTable:
    case Imm::TypeField:
    case Imm::TypeCount:
    case Imm::TypeData:
    case Imm::TypeElem:
    case Imm::TypeType:
      return number(immediate.index.first) + number(immediate.index.second);
    case Imm::MemArg:
      return memarg_text(immediate.memarg);
    case Imm::MemArgLane:
      return memarg_text(immediate.memarg) + number(immediate.lane);
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
      return " " + to_string(immediate.heap);
    case Imm::SelectTypes: {
      std::string text = " (result";
      for (const ValType type : immediate.types) text += " " + to_string(type);
      return text + ")";
    }
    case Imm::BrOnCast:
      return number(immediate.cast.label) + " " + to_string(immediate.cast.from) + " " +
             to_string(immediate.cast.to);
    case Imm::TryTable:
      return block_text(immediate.block) + catches_text(immediate.catches);
  }
  return {};
}

bool opens_block(Opcode opcode) {
  const Imm kind = info(opcode).immediate;
  return kind == Imm::BlockType || kind == Imm::TryTable;
}

}  // namespace

std::string print_instr(Opcode opcode, const Immediate& immediate) {
  return std::string(info(opcode).text) + immediate_text(info(opcode).immediate, immediate);
}

std::vector<ListedInstr> list_function(const Module& module, uint32_t func) {
  Reader in(module.source.bytes, module.funcs[func].body);
  FeatureGate gate{.enabled = kSupportedFeatures | module.used_features, .used = {}};
  const ImplementationLimits limits;
  TypeReader types(in, gate, limits);
  InstrReader instrs(in, gate, limits);
  std::vector<ListedInstr> lines;

  auto local = static_cast<uint32_t>(module.func_type(func).params.size());
  const uint32_t groups = in.u32();
  for (uint32_t i = 0; i < groups && in.ok(); ++i) {
    const uint64_t offset = in.offset();
    const uint32_t count = in.u32();
    const std::string type = to_string(types.val_type());
    if (count == 0) continue;
    std::string range = std::to_string(local);
    if (count > 1) range += ".." + std::to_string(local + count - 1);
    std::string text = "local ";
    text.append(range).append(" ").append(type);
    lines.push_back({offset, 1, std::move(text)});
    local += count;
  }
  uint32_t depth = 1;
  while (in.ok() && !in.at_end()) {
    const uint64_t offset = in.offset();
    const Opcode opcode = instrs.opcode();
    const Immediate immediate = instrs.immediate(opcode);
    if (!in.ok()) break;
    if (opcode == Opcode::End && depth > 0) --depth;
    const uint32_t outdent = opcode == Opcode::Else && depth > 0 ? 1 : 0;
    lines.push_back({offset, depth - outdent, print_instr(opcode, immediate)});
    if (opens_block(opcode)) ++depth;
  }
  return lines;
}

}  // namespace weft::interp
