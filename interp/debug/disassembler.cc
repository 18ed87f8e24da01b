#include "interp/debug/disassembler.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <vector>

#include "interp/core/float_text.h"
#include "interp/core/trap.h"
#include "interp/debug/instr_printer.h"
#include "interp/execute/handlers.h"
#include "interp/translate/byte_loop.h"
#include "interp/translate/cell_layout.h"
#include "interp/translate/flow.h"

namespace weft::interp {

namespace {

// Column at which the cells begin, unless an instruction is longer.
constexpr size_t kCellColumn = 48;

// Of two instructions in one: after the name of the first, and before that of the second.
constexpr std::string_view fused_shape_name(Shape shape) {
  switch (shape) {
    case Shape::MovePair:
      return "move pair";
    case Shape::MoveBranch:
      return "move, br";
    case Shape::BranchOp:
    case Shape::BranchLoad:
      return "br_if ";
    case Shape::BranchLoadIndexed:
      return "on indexed br_if ";
    case Shape::ReturnOp:
      return "return";
    case Shape::OpLoadIndexed:
    case Shape::VOpLoadIndexed:
      return "on indexed ";
    case Shape::VShiftOr:
      return "rotate by ";
    case Shape::VBranchTest:
      return "br_if ";
    default:
      return has_opcode(shape) ? "" : "other";
  }
}

constexpr std::string_view vector_shape_name(Shape shape) {
  switch (shape) {
    case Shape::VLoadIndexed:
      return "indexed ";
    case Shape::VStructGet:
      return "struct v128.load";
    case Shape::VStructSet:
      return "struct v128.store";
    case Shape::VArrayGet:
      return "array v128.load";
    case Shape::VArraySet:
      return "array v128.store";
    case Shape::VShuffle:
      return "i8x16.shuffle";
    case Shape::VConst:
      return "v128.const";
    case Shape::VMove:
      return "v128.move";
    case Shape::VSelect:
      return "v128.select";
    case Shape::VStore:
    case Shape::VStoreFar:
      return "v128.store";
    case Shape::VStoreIndexed:
      return "indexed v128.store";
    case Shape::VGlobalGet:
      return "v128.global.get";
    case Shape::VGlobalSet:
      return "v128.global.set";
    case Shape::VGlobalGetFar:
      return "v128.global.get far";
    case Shape::VGlobalSetFar:
      return "v128.global.set far";
    default:
      return fused_shape_name(shape);
  }
}

// What a cell is called; one that computes is called as the instruction, after this.
constexpr std::string_view shape_name(Shape shape) {
  switch (shape) {
    case Shape::LoadIndexed:
      return "indexed ";
    case Shape::StoreIndexed:
      return "indexed ";
    case Shape::Move:
      return "move";
    case Shape::MoveMany:
      return "move many";
    case Shape::Select:
      return "select";
    case Shape::CompareSelect:
      return "select ";
    case Shape::GlobalGet:
      return "global.get";
    case Shape::GlobalSet:
      return "global.set";
    case Shape::GlobalGetFar:
      return "global.get far";
    case Shape::GlobalSetFar:
      return "global.set far";
    case Shape::Branch:
      return "br";
    case Shape::BranchIf:
      return "br_if";
    case Shape::CompareBranch:
      return "br_if ";
    case Shape::BranchTable:
      return "br_table";
    case Shape::BranchTableLoad:
      return "br_table ";
    case Shape::Return:
      return "return";
    case Shape::ReturnVoid:
      return "return";
    case Shape::ReturnMany:
      return "return";
    case Shape::Call:
      return "call";
    case Shape::CallLazy:
      return "call lazy";
    case Shape::CallImport:
      return "call import";
    case Shape::CallIndirect:
      return "call_indirect";
    case Shape::CallRef:
      return "call_ref";
    case Shape::ReturnCall:
      return "return_call";
    case Shape::ReturnCallLazy:
      return "return_call lazy";
    case Shape::ReturnCallImport:
      return "return_call import";
    case Shape::ReturnCallIndirect:
      return "return_call_indirect";
    case Shape::ReturnCallRef:
      return "return_call_ref";
    case Shape::Throw:
      return "throw";
    case Shape::ThrowRef:
      return "throw_ref";
    case Shape::RefAsNonNull:
      return "ref.as_non_null";
    case Shape::NewObject:
      return "new";
    case Shape::StructGet:
    case Shape::StructSet:
      return "struct ";
    case Shape::ArrayGet:
    case Shape::ArraySet:
      return "array ";
    case Shape::ArrayLen:
      return "array.len";
    case Shape::RefTest:
      return "ref.test";
    case Shape::RefCast:
      return "ref.cast";
    case Shape::BranchCast:
      return "br_on_cast";
    case Shape::Runtime:
      return "runtime";
    case Shape::ByteLoop:
      return "byte loop";
    case Shape::Zero:
      return "zero";
    case Shape::CheckStack:
      return "check stack";
    case Shape::Fuel:
      return "fuel";
    case Shape::Trap:
      return "trap";
    case Shape::CountBlock:
      return "count";
    case Shape::CountEdge:
      return "count";
    default:
      return vector_shape_name(shape);
  }
}

constexpr auto kRuntimeNames = std::to_array<std::string_view>(
    {"memory.size", "memory.grow", "memory.fill", "memory.copy", "memory.init", "data.drop",
     "table.get", "table.set", "table.size", "table.grow", "table.fill", "table.copy", "table.init",
     "elem.drop", "ref.func", "array.fill", "array.copy", "array.init_data", "array.init_elem"});
static_assert(kRuntimeNames.size() == static_cast<size_t>(RuntimeCall::ArrayInitElem) + 1);

constexpr auto kObjectNames = std::to_array<std::string_view>(
    {"struct.new", "struct.new_default", "array.new", "array.new_default", "array.new_fixed",
     "array.new_data", "array.new_elem"});
static_assert(kObjectNames.size() == static_cast<size_t>(ObjectCall::ArrayNewElem) + 1);

template <class T>
T read(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::string hex(uint64_t value, size_t digits) {
  std::array<char, 16> text{};
  std::string result(text.begin(), std::to_chars(text.begin(), text.end(), value, 16).ptr);
  if (result.size() < digits) result.insert(0, digits - result.size(), '0');
  return result;
}

std::string slot(uint32_t index) { return "[" + std::to_string(index) + "]"; }

std::string slots(uint32_t first, uint32_t count) {
  return "[" + std::to_string(first) + ".." + std::to_string(uint64_t{first} + count) + ")";
}

std::string constant(const uint8_t* at, Repr repr) {
  switch (repr) {
    case Repr::F32:
      return float_text(read<float>(at));
    case Repr::F64:
      return float_text(read<double>(at));
    default:
      return std::to_string(read<int32_t>(at));
  }
}

std::string operand(In in, const uint8_t* at, Repr repr) {
  if (in == In::Imm && repr == Repr::V128)
    return "0x" + hex(read<uint64_t>(at + 8), 16) + hex(read<uint64_t>(at), 16);
  if (in == In::Slot) return slot(read<uint16_t>(at));
  return in == In::Acc ? "acc" : constant(at, repr);
}

// The memory that an access names.
std::string far_text(uint32_t memory, uint64_t offset) {
  return "memory at context+" + std::to_string(memory) +
         (offset != 0 ? ", offset=" + std::to_string(offset) : "");
}

// What a cell holds beyond its operands.
std::string rest(Shape shape, const CellLayout& at, const uint8_t* cell) {
  const uint32_t x = read<uint32_t>(cell + at.x);
  const uint32_t y = read<uint32_t>(cell + at.y);
  const uint32_t z = read<uint32_t>(cell + at.z);
  const auto text = [](uint32_t value) { return std::to_string(value); };
  switch (shape) {
    case Shape::GlobalGet:
    case Shape::GlobalSet:
    case Shape::GlobalGetFar:
    case Shape::GlobalSetFar:
    case Shape::VGlobalGet:
    case Shape::VGlobalSet:
    case Shape::VGlobalGetFar:
    case Shape::VGlobalSetFar:
      return "context+" + text(x);
    case Shape::LoadIndexed:
    case Shape::StoreIndexed:
    case Shape::OpLoadIndexed:
    case Shape::VLoadIndexed:
    case Shape::VStoreIndexed:
    case Shape::VOpLoadIndexed:
      return x != 0 ? "plus " + std::to_string(static_cast<int32_t>(x)) : "";
    case Shape::MoveMany:
      return slots(y, z) + " := " + slots(x, z);
    case Shape::ReturnMany:
      return slots(x, y);
    case Shape::Call:
    case Shape::CallLazy:
      return "function " + text(y) + ", frame " + slot(x);
    case Shape::CallImport:
      return "context+" + text(y) + ", frame " + slot(x);
    case Shape::CallIndirect:
      return "type " + text(y) + ", table at context+" + text(z) + ", frame " + slot(x);
    case Shape::CallRef:
      return "frame " + slot(x);
    case Shape::ReturnCall:
    case Shape::ReturnCallLazy:
      return "function " + text(y);
    case Shape::ReturnCallImport:
      return "context+" + text(y);
    case Shape::ReturnCallIndirect:
      return "type " + text(y) + ", table at context+" + text(z);
    case Shape::LoadFar:
    case Shape::StoreFar:
      return far_text(x, read<uint64_t>(cell + at.p));
    case Shape::VLoadFar:
    case Shape::VStoreFar:
      return far_text(y, read<uint64_t>(cell + at.p));
    case Shape::VLoadLaneFar:
    case Shape::VStoreLaneFar:
      return "lane " + text(x) + ", " + far_text(y, read<uint64_t>(cell + at.p));
    case Shape::Runtime: {
      const uint64_t p = read<uint64_t>(cell + at.p);
      std::string_view name = "?";
      for (size_t i = 0; i < kRuntimeNames.size(); ++i) {
        if (runtime_call_address(static_cast<RuntimeCall>(i)) == p) name = kRuntimeNames[i];
      }
      return std::string(name) + " frame " + slot(x) + ", " + text(y) + ", " + text(z);
    }
    case Shape::NewObject: {
      const uint64_t p = read<uint64_t>(cell + at.p);
      std::string_view name = "?";
      for (size_t i = 0; i < kObjectNames.size(); ++i) {
        if (object_call_address(static_cast<ObjectCall>(i)) == p) name = kObjectNames[i];
      }
      return std::string(name) + " frame " + slot(x) + ", " + text(y);
    }
    case Shape::RefTest:
    case Shape::RefCast:
    case Shape::BranchCast:
      return ((y & kCastsNull) != 0 ? "nullable type " : "type ") + text(x);
    case Shape::Zero:
      return slots(x, y);
    case Shape::Wide:
      return slot(y) + ", high word " + slot(x);
    case Shape::MulWide:
      return "high word " + slot(x);
    case Shape::CheckStack:
      return text(x) + " slots";
    case Shape::Fuel:
      return text(x);
    case Shape::Trap:
      return std::string(text_of(static_cast<TrapCode>(x)));
    case Shape::ByteLoop: {
      const ByteLoop& loop = *read<const ByteLoop*>(cell + at.p);
      return std::string(loop.value_bytes == 0 ? "copy" : "fill") + ", step " +
             std::to_string(loop.step);
    }
    case Shape::BranchTable:
    case Shape::BranchTableLoad:
      return text(x) + " and default" + (z != 0 ? ", from " + text(-z) : "");
    case Shape::Atomic:
      return "offset=" + std::to_string(read<uint64_t>(cell + at.p)) + ", memory at context+" +
             text(y);
    case Shape::VExtract:
    case Shape::VReplace:
    case Shape::VLoadLane:
    case Shape::VStoreLane:
    case Shape::VOpExtract:
      return "lane " + text(x);
    case Shape::VShuffle:
    case Shape::VConst:
      return "0x" + hex(read<uint64_t>(cell + at.q), 16) + hex(read<uint64_t>(cell + at.p), 16);
    default:
      return {};
  }
}

bool is_cast(Shape shape) {
  return shape == Shape::RefTest || shape == Shape::RefCast || shape == Shape::BranchCast;
}

std::string_view step_name(const HandlerKey& key) {
  return key.step() == kStep64 ? "step64" : key.step() == kStep ? "step" : "set";
}

std::string name_of(const HandlerKey& key) {
  std::string name;
  if (has_inner(key.shape)) name = std::string(info(key.inner).text) + ", ";
  name += shape_name(key.shape);
  if (has_opcode(key.shape)) name += info(key.op).text;
  if (has_inner(key.shape)) {
    if ((key.flags & kRight) != 0) name += " right";
  } else if ((key.flags & kNegate) != 0) {
    name += " not";
  }
  if (is_cast(key.shape)) return name;
  if ((key.flags & kScaled) != 0) name += " scaled";
  if ((key.flags & kChecked) != 0) name += " checked";
  return name;
}

std::optional<HandlerKey> key_at(const uint8_t* cell) { return key_of(read<Handler>(cell)); }

// A cell with the branch table that follows it.
size_t cell_bytes(const HandlerKey& key, const uint8_t* cell) {
  const CellLayout layout = cell_layout(key);
  if (flow_of(key.shape) != Flow::Table) return layout.size;
  return layout.size + (size_t{read<uint32_t>(cell + layout.x)} + 1) * sizeof(BranchTableEntry);
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string instr_column(const ListedInstr& instr) {
  return "0x" + hex(instr.offset, 6) + "  " + std::string(size_t{2} * instr.depth, ' ') +
         instr.text;
}

std::string header(const CodeSpace& code, const NameSection& names, uint32_t func) {
  std::string text = "function " + std::to_string(func);
  if (!names.func(func).empty()) text += " " + std::string(names.func(func));
  return text + ": " + to_string(code.module().func_type(func)) + "\n";
}

}  // namespace

std::string print_cell(const uint8_t* cell, const uint8_t* function) {
  const std::optional<HandlerKey> key = key_at(cell);
  if (!key) return "?";
  const CellLayout at = cell_layout(*key);
  const Reprs reprs = reprs_of(*key);
  std::string result;
  std::string operands;
  const auto add = [&](const std::string& text) {
    if (!text.empty()) operands += (operands.empty() ? " " : ", ") + text;
  };
  bool has_rest = false;
  std::string step;
  for (const Field field : fields_of(*key)) {
    switch (field) {
      case Field::None:
        break;
      case Field::S:
        if (key->shape == Shape::CompareSelect) {
          add(slot(read<uint16_t>(cell + at.s)));
          break;
        }
        step = std::string(step_name(*key)) + " " + slot(read<uint16_t>(cell + at.s)) + " := ";
        if (key->step() != kStepConst) step += slot(read<uint16_t>(cell + at.r)) + " + ";
        step += std::to_string(read<int32_t>(cell + at.t)) + "; ";
        break;
      case Field::R:
      case Field::T:
        break;
      case Field::D:
        result = key->d == Out::Acc ? "acc" : slot(read<uint16_t>(cell + at.d));
        break;
      case Field::A:
        add(operand(key->a, cell + at.a, reprs.in[0]));
        break;
      case Field::B:
        add(operand(key->b, cell + at.b, reprs.in[1]));
        break;
      case Field::C:
        add(operand(key->c, cell + at.c, reprs.in[2]));
        break;
      case Field::Offset:
        if (const auto offset = read<uint32_t>(cell + at.offset); offset != 0) {
          add("offset=" + std::to_string(offset));
        }
        break;
      case Field::Target:
        add("to +" +
            hex(static_cast<uint64_t>(cell + read<int32_t>(cell + at.target) - function), 4));
        break;
      case Field::X:
      case Field::Y:
      case Field::Z:
      case Field::P:
      case Field::Q:
        has_rest = true;
        break;
    }
  }
  if (has_rest) add(rest(key->shape, at, cell));
  if (flow_of(key->shape) == Flow::Table) {
    const uint32_t count = read<uint32_t>(cell + at.x) + 1;
    std::string targets;
    for (uint32_t i = 0; i < count; ++i) {
      const auto entry = read<BranchTableEntry>(cell + at.size + i * sizeof(BranchTableEntry));
      targets += " +" + hex(static_cast<uint64_t>(entry.target - function), 4);
    }
    add("to" + targets);
  }
  return step + name_of(*key) + (result.empty() ? "" : " " + result + " :=") + operands;
}

std::string print_handler(const HandlerKey& key) {
  const auto place = [](In in) {
    return in == In::Slot ? "slot" : in == In::Acc ? "acc" : "const";
  };
  constexpr auto kReprNames = std::to_array<std::string_view>({"i32", "i64", "f32", "f64", "v128"});
  std::string text = key.step() != 0 ? std::string(step_name(key)) + "; " : "";
  text += name_of(key);
  if ((key.flags & kBack) != 0 && flow_of(key.shape) != Flow::Next) text += " back";
  // The first representation is that of shapes without one, too.
  if (!has_opcode(key.shape) && key.repr != Repr::I32) {
    text.append(" ").append(kReprNames[static_cast<size_t>(key.repr)]);
  }
  std::string_view separator = " ";
  for (const Field field : fields_of(key)) {
    if (field == Field::D) {
      text += key.d == Out::Acc ? " acc :=" : " slot :=";
    } else if (field == Field::A || field == Field::B || field == Field::C) {
      const In in = field == Field::A ? key.a : field == Field::B ? key.b : key.c;
      text.append(separator).append(place(in));
      separator = ", ";
    }
  }
  return text;
}

std::string disassemble(CodeSpace& code, const NameSection& names, uint32_t func) {
  const uint8_t* entry = code.entry(func);
  const auto cells = entry == nullptr ? std::nullopt : code.find_function(entry);
  if (!cells) return {};

  // The cells by the instruction that they were made from, those of inlined functions by the call.
  std::multimap<uint64_t, std::string> by_offset;
  std::vector<CellOrigin> origins = code.origins(func);
  size_t next_origin = 0;
  uint64_t origin = 0;
  for (const uint8_t* cell = cells->begin; cell < cells->end;) {
    const auto at = static_cast<uint32_t>(cell - cells->begin);
    while (next_origin < origins.size() && origins[next_origin].cell <= at) {
      const Origin& made_from = origins[next_origin++].origin;
      origin = made_from.inlined_at != 0 ? made_from.inlined_at : made_from.wasm_offset;
    }
    by_offset.emplace(origin, "+" + hex(at, 4) + "  " + print_cell(cell, cells->begin));
    const std::optional<HandlerKey> key = key_at(cell);
    if (!key) break;
    cell += cell_bytes(*key, cell);
  }

  std::string text = header(code, names, func);
  auto next = by_offset.begin();
  for (const ListedInstr& instr : list_function(code.module(), func)) {
    std::string line = instr_column(instr);
    // Cells of the function's beginning belong to no instruction: they come with the first.
    for (; next != by_offset.end() && next->first <= instr.offset; ++next) {
      text += padded(line, kCellColumn) + " | " + next->second + "\n";
      line.clear();
    }
    if (!line.empty()) text += line + "\n";
  }
  for (; next != by_offset.end(); ++next)
    text += padded("", kCellColumn) + " | " + next->second + "\n";
  return text;
}

}  // namespace weft::interp
